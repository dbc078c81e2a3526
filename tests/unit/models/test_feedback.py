"""How much a user liked a movie, from ratings and from watching."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.models.feedback import strength

from .examples import NONE, interactions


def test_a_rating_is_as_strong_as_its_squared_ridit() -> None:
    data = interactions([(1, "a+1999", 1), (2, "a+1999", 3), (3, "a+1999", 3), (4, "a+1999", 5)])

    assert strength(data) == pytest.approx(
        [(0.5 / 4) ** 2, (2 / 4) ** 2, (2 / 4) ** 2, (3.5 / 4) ** 2]
    )


@given(st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_another_scale_of_ratings_changes_nothing(stars: list[int]) -> None:
    rows = [(user, "a+1999", float(value)) for user, value in enumerate(stars)]
    doubled = [(user, "a+1999", 2 * value) for user, _, value in rows]

    assert (strength(interactions(rows)) == strength(interactions(doubled))).all()


def test_a_viewing_is_as_strong_as_ratings_of_viewings_that_went_as_far() -> None:
    finished = [(user, "a+1999", 5, 100) for user in range(50)]
    left = [(user, "a+1999", 1, 12) for user in range(50, 100)]
    data = interactions(
        [
            *finished,
            *left,
            (200, "a+1999", NONE, 99),
            (201, "a+1999", NONE, 15),
            (202, "a+1999", NONE, 55),
        ]
    )
    strong, weak = 0.75**2, 0.25**2
    mean = (strong + weak) / 2

    finished_too, left_too, half = strength(data)[-3:]

    assert finished_too == pytest.approx((50 * strong + 5 * mean) / 55)
    assert left_too == pytest.approx((50 * weak + 5 * mean) / 55)
    assert half == pytest.approx(mean)


def test_without_any_rating_all_viewings_are_equal() -> None:
    data = interactions([(1, "a+1999", NONE, 3), (2, "a+1999", NONE, 90), (2, "b+1999", NONE, 1)])

    assert np.ptp(strength(data)) == 0
    assert strength(data)[0] == pytest.approx(1 / 3)
