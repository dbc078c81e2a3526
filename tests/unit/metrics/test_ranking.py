import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, recall_score

from marquee.metrics.ranking import (
    RANKING_METRICS,
    RelevantMovies,
    average_precision,
    find_hits,
    hit_rate,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)

HITS = np.array([[0, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
LIKED = np.array([3, 2, 9, 0])


def relevant(*movies: list[int]) -> RelevantMovies:
    counts = [len(row) for row in movies]
    return RelevantMovies(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array([movie for row in movies for movie in row], np.int32),
    )


def test_a_hit_is_a_listed_movie_that_its_own_user_liked() -> None:
    ranked = np.array([[4, 2, 0], [0, 4, -1], [1, 2, 3]], np.int32)
    hits = find_hits(ranked, relevant([0, 4], [2], []))
    assert hits.tolist() == [[True, False, True], [False] * 3, [False] * 3]


def test_padding_is_no_hit_even_next_to_another_users_last_movie() -> None:
    ranked = np.array([[3, -1], [-1, -1]], np.int32)
    assert find_hits(ranked, relevant([3], [0, 3])).tolist() == [[True, False], [False, False]]


def test_no_users_have_no_hits() -> None:
    assert find_hits(np.empty((0, 5), np.int32), relevant()).shape == (0, 5)


@pytest.mark.parametrize(
    ("metric", "at_5"),
    [
        (precision, [2 / 5, 0, 1]),
        (recall, [2 / 3, 0, 5 / 9]),
        (average_precision, [(1 / 2 + 2 / 4) / 3, 0, 1]),
        (hit_rate, [1, 0, 1]),
        (reciprocal_rank, [1 / 2, 0, 1]),
        (
            ndcg,
            [
                (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 1 / math.log2(4)),
                0,
                1,
            ],
        ),
    ],
)
def test_metrics_equal_their_hand_computed_values(metric, at_5) -> None:
    values = metric(HITS, LIKED, 5)
    assert values[:3] == pytest.approx(at_5)


@pytest.mark.parametrize("metric", RANKING_METRICS.values())
def test_a_user_who_liked_nothing_has_no_value(metric) -> None:
    assert math.isnan(metric(HITS, LIKED, 5)[3])


def test_a_cutoff_ignores_what_stands_below_it() -> None:
    assert recall(HITS, LIKED, 2).tolist()[:3] == [1 / 3, 0, 2 / 9]
    assert average_precision(HITS, LIKED, 2)[0] == pytest.approx(1 / 2 / 2)


lists = st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=8)


@given(lists, st.integers(0, 5), st.integers(1, 6))
def test_every_metric_lies_between_none_and_all(hits, unlisted, k) -> None:
    hits = np.array(hits)
    n_relevant = hits.sum(axis=1) + unlisted
    for metric in RANKING_METRICS.values():
        values = metric(hits, n_relevant, k)
        assert np.all((values[n_relevant > 0] >= 0) & (values[n_relevant > 0] <= 1 + 1e-12))


@given(lists, st.integers(1, 6))
def test_moving_a_hit_up_never_lowers_a_metric(hits, k) -> None:
    hits = np.array(hits)
    better = -np.sort(-hits.astype(int), axis=1) == 1
    n_relevant = hits.sum(axis=1) + 1
    for metric in RANKING_METRICS.values():
        assert np.all(metric(better, n_relevant, k) >= metric(hits, n_relevant, k) - 1e-12)


def draw(seed: int):
    """Score twelve movies for five users, each of whom likes at least one."""
    rng = np.random.default_rng(seed)
    scores = rng.permuted(np.tile(np.arange(12.0), (5, 1)), axis=1)
    liked = rng.random((5, 12)) < 0.3
    liked[:, 0] = True
    ranked = np.argsort(-scores, axis=1).astype(np.int32)
    hits = find_hits(ranked, relevant(*[np.flatnonzero(row).tolist() for row in liked]))
    return scores, liked, hits


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_recall_equals_scikit_learns(seed, k) -> None:
    scores, liked, hits = draw(seed)
    listed = scores >= 12 - k
    theirs = recall_score(liked, listed, average="samples")
    assert recall(hits, liked.sum(axis=1), k).mean() == pytest.approx(theirs)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_ndcg_equals_scikit_learns(seed, k) -> None:
    scores, liked, hits = draw(seed)
    theirs = ndcg_score(liked, scores, k=k)
    assert ndcg(hits, liked.sum(axis=1), k).mean() == pytest.approx(theirs)
