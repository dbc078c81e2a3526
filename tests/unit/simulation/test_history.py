import numpy as np
import pytest

from marquee.simulation.history import History


def test_what_was_added_is_seen_and_nothing_else() -> None:
    history = History(n_users=3, n_movies=1_000)
    history.add(np.array([0, 2]), np.array([999, 7]))
    movies = np.tile(np.arange(1_000), (3, 1))
    seen = history.seen(np.arange(3), movies)
    assert np.argwhere(seen).tolist() == [[0, 999], [2, 7]]


@pytest.mark.parametrize("n_movies", [1, 9, 27_000])
def test_every_movie_of_a_catalogue_can_be_remembered(n_movies: int) -> None:
    history = History(n_users=1, n_movies=n_movies)
    last = np.array([n_movies - 1])
    history.add(np.array([0]), last)
    assert history.seen(np.array([0]), last[:, None]).all()
