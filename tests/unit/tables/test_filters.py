from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.params import CleanParams, load_params
from marquee.tables.columns import Rows
from marquee.tables.feedback import Feedback, gather
from marquee.tables.filters import Filtered, describe, filter_train

Pair = tuple[int, int]
COMMITTED = load_params(Path(__file__).resolve().parents[3] / "params.yaml").clean
SQUARE = ((1, 1), (1, 2), (2, 1), (2, 2))


def rows(pairs: tuple[Pair, ...], value: int) -> Rows:
    user_id, movie = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    values = np.full(len(pairs), value, dtype=np.int32)
    return Rows(user_id, movie.astype(np.int32), np.arange(len(pairs)), values)


def feedback(*rated: Pair, watched: tuple[Pair, ...] = ()) -> Feedback:
    return gather(rows(rated, 300), rows(watched, 90))


def filters(**update: float) -> CleanParams:
    return COMMITTED.model_copy(update={"max_filtered_share": 1.0, **update})


def filtered(*rated: Pair, watched: tuple[Pair, ...] = (), **update: float) -> Filtered:
    return filter_train(feedback(*rated, watched=watched), filters(**update))


def kept(*rated: Pair, watched: tuple[Pair, ...] = (), **update: float) -> list[Pair]:
    found = filtered(*rated, watched=watched, **update).feedback
    return list(zip(found.user_id.tolist(), found.movie.tolist(), strict=True))


TWICE = {"min_interactions_per_user": 2, "min_interactions_per_movie": 2}


def test_the_committed_filters_keep_everyone() -> None:
    found = filter_train(feedback(*SQUARE, (3, 9), watched=((4, 8),)), COMMITTED)
    assert len(found.feedback) == 6
    assert {count.dropped for count in found.counts.values()} == {0}


def test_dropping_a_movie_can_drop_a_user_and_so_on() -> None:
    chain = ((3, 2), (3, 3), (4, 3), (4, 4))
    assert kept(*SQUARE, *chain, **TWICE) == list(SQUARE)


def test_a_movie_met_often_counts_once() -> None:
    assert kept(*SQUARE, (3, 1), (3, 1), watched=((3, 1),), **TWICE) == list(SQUARE)


def test_a_movie_that_was_only_watched_is_an_interaction_and_no_rating() -> None:
    watched = ((3, 1), (3, 2))
    assert len(kept(*SQUARE, watched=watched, **TWICE)) == 6
    assert kept(*SQUARE, watched=watched, min_ratings_per_user=1) == list(SQUARE)


def test_a_user_of_enough_ratings_keeps_what_was_only_watched() -> None:
    assert len(kept(*SQUARE, watched=((1, 3), (2, 3)), min_ratings_per_user=2)) == 6


def test_movies_are_filtered_by_their_ratings_too() -> None:
    watched = ((1, 3), (2, 3))
    assert kept(*SQUARE, watched=watched, min_ratings_per_movie=1) == list(SQUARE)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=60))
def test_the_filter_is_a_fixed_point_and_drops_nothing_it_need_not(pairs: list[Pair]) -> None:
    update = {"min_interactions_per_user": 2, "min_interactions_per_movie": 3}
    expected = set(pairs)
    while True:
        users, movies = Counter(u for u, _ in expected), Counter(m for _, m in expected)
        next_round = {(u, m) for u, m in expected if users[u] >= 2 and movies[m] >= 3}
        if next_round == expected:
            break
        expected = next_round
    if len({u for u, _ in expected}) < 2 or len({m for _, m in expected}) < 2:
        with pytest.raises(DataError):
            kept(*pairs, **update)
    else:
        assert set(kept(*pairs, **update)) == expected


def test_the_report_counts_pairs_users_and_movies() -> None:
    found = filtered(*SQUARE, (3, 1), (3, 4), (3, 4), **TWICE)
    assert found.report == {
        "pairs": {"before": 6, "dropped": 2, "share": 0.333333},
        "users": {"before": 3, "dropped": 1, "share": 0.333333},
        "movies": {"before": 3, "dropped": 1, "share": 0.333333},
    }
    assert describe(found.report) == (
        "2 of 6 pairs (33.33%), 1 of 3 users (33.33%) and 1 of 3 movies (33.33%) of train"
    )


def test_filters_that_drop_too_much_are_refused_with_the_settings_to_change() -> None:
    params = filters(max_filtered_share=0.3, min_ratings_per_movie=1, **TWICE)
    with pytest.raises(DataError) as caught:
        filter_train(feedback(*SQUARE, (3, 1), (3, 4)), params)
    assert str(caught.value) == (
        "the filters drop 2 of 6 pairs (33.33%), 1 of 3 users (33.33%) and 1 of 3 movies "
        "(33.33%) of train, more pairs than clean.max_filtered_share = 0.3: lower "
        "clean.min_interactions_per_user = 2, clean.min_interactions_per_movie = 2, "
        "clean.min_ratings_per_movie = 1, or raise clean.max_filtered_share"
    )


def test_as_much_as_the_parameters_allow_may_be_dropped() -> None:
    params = filters(max_filtered_share=2 / 6, **TWICE)
    assert len(filter_train(feedback(*SQUARE, (3, 1), (3, 4)), params).feedback) == 4


@pytest.mark.parametrize(
    ("pairs", "noun"), [(((1, 1), (1, 2)), "users"), (((1, 1), (2, 1)), "movies")]
)
def test_one_user_or_one_movie_is_too_few(pairs: tuple[Pair, ...], noun: str) -> None:
    message = f"number of {noun} in train is 1, expected at least 2: give a longer log"
    with pytest.raises(DataError, match=message):
        kept(*pairs)


def test_nothing_left_says_what_to_lower() -> None:
    message = "users in train is 0, expected at least 2: lower clean.min_interactions_per_user = 2"
    with pytest.raises(DataError, match=message):
        kept((1, 1), (2, 2), **TWICE)
