"""What is expected of a rating before anything else."""

import pytest

from marquee.models.ratings import damped_means

from .examples import NONE, interactions


def test_means_are_damped_and_a_user_is_what_the_movies_leave() -> None:
    data = interactions(
        [(1, "a+1999", 5), (1, "b+1999", 3), (2, "a+1999", 4), (3, "b+1999", NONE, 9)]
    )

    means = damped_means(data, damping=1)

    assert means.overall == 4
    assert means.movie == pytest.approx([1 / 3, -1 / 2])
    assert means.user == pytest.approx([((1 - 1 / 3) + (-1 + 1 / 2)) / 3, (0 - 1 / 3) / 2, 0])


def test_without_damping_who_rated_nothing_is_average() -> None:
    data = interactions([(1, "a+1999", 5), (2, "b+1999", NONE, 9)])

    means = damped_means(data, damping=0)

    assert means.movie.tolist() == [0, 0]
    assert means.user.tolist() == [0, 0]
