from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.tables.columns import Rows
from marquee.tables.feedback import Feedback, gather
from marquee.tables.filters import keep_active

Pair = tuple[int, int]


def feedback(*pairs: Pair) -> Feedback:
    user_id, movie = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    times, stars = np.arange(len(pairs)), np.full(len(pairs), 300, dtype=np.int32)
    ratings = Rows(user_id, movie.astype(np.int32), times, stars)
    return gather(ratings, ratings.take(np.arange(0)))


def kept(*pairs: Pair, per_user: int, per_movie: int) -> list[Pair]:
    found = keep_active(feedback(*pairs), per_user=per_user, per_movie=per_movie)
    return list(zip(found.user_id.tolist(), found.movie.tolist(), strict=True))


SQUARE = ((1, 1), (1, 2), (2, 1), (2, 2))


def test_dropping_a_movie_can_drop_a_user_and_so_on() -> None:
    chain = ((3, 2), (3, 3), (4, 3), (4, 4))
    assert kept(*SQUARE, *chain, per_user=2, per_movie=2) == list(SQUARE)


def test_a_movie_met_often_counts_once() -> None:
    assert kept(*SQUARE, (3, 1), (3, 1), per_user=2, per_movie=2) == list(SQUARE)


def test_zero_keeps_everyone() -> None:
    assert len(kept(*SQUARE, (3, 9), per_user=0, per_movie=0)) == 5


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=60))
def test_the_filter_is_a_fixed_point_and_drops_nothing_it_need_not(pairs: list[Pair]) -> None:
    expected = set(pairs)
    while True:
        users, movies = Counter(u for u, _ in expected), Counter(m for _, m in expected)
        next_round = {(u, m) for u, m in expected if users[u] >= 2 and movies[m] >= 3}
        if next_round == expected:
            break
        expected = next_round
    if len({u for u, _ in expected}) < 2 or len({m for _, m in expected}) < 2:
        with pytest.raises(DataError):
            kept(*pairs, per_user=2, per_movie=3)
    else:
        assert set(kept(*pairs, per_user=2, per_movie=3)) == expected


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ((), "no ratings or viewings are left"),
        (((1, 1), (2, 2)), "no ratings or viewings are left"),
    ],
)
def test_nothing_left_says_what_to_change(pairs: tuple[Pair, ...], message: str) -> None:
    with pytest.raises(DataError, match=f"{message}.*min_ratings_per_user = 2"):
        kept(*pairs, per_user=2, per_movie=2)


@pytest.mark.parametrize(
    ("pairs", "noun"), [(((1, 1), (1, 2)), "user"), (((1, 1), (2, 1)), "movie")]
)
def test_one_user_or_one_movie_is_too_few(pairs: tuple[Pair, ...], noun: str) -> None:
    with pytest.raises(DataError, match=f"only one {noun} is left, expected at least 2"):
        kept(*pairs, per_user=1, per_movie=1)
