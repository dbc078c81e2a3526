from pathlib import Path

import numpy as np
import pytest

from marquee.evaluation.groups import Grouping, Histories
from marquee.evaluation.providers import (
    describe_histories,
    genre_divergence,
    long_tail,
    measure_exposure,
    popularity_lift,
)
from marquee.params import Params
from marquee.tables.interactions import Interactions, read_interactions

from .conftest import write_split

POPULARITY = np.array([0.9, 0.5, 0.1, 0.1, 0.0])


def test_the_long_tail_is_the_least_popular_share() -> None:
    assert long_tail(POPULARITY, 0.6).tolist() == [False, False, True, True, True]


def test_equally_popular_movies_go_by_their_order() -> None:
    assert long_tail(POPULARITY, 0.4).tolist() == [False, False, True, False, True]


def test_exposure_equals_its_hand_computed_values(params: Params) -> None:
    ranked = np.array([[0, 2], [0, 1]] * 10, np.int32)
    tail = long_tail(POPULARITY, 0.6)
    found = measure_exposure(ranked, POPULARITY, tail, params.fairness.bootstrap)
    values = {name: estimate.value for name, estimate in found.items()}
    assert values == pytest.approx(
        {
            "average_popularity": (0.9 + 0.1 + 0.9 + 0.5) / 4,
            "long_tail_share": 1 / 4,
            "long_tail_coverage": 1 / 3,
            "coverage": 3 / 5,
            "gini": (-4 * 0 - 2 * 0 + 0 * 10 + 2 * 10 + 4 * 20) / (5 * 40),
        }
    )


def test_every_exposure_interval_lies_between_none_and_all(params: Params) -> None:
    ranked = np.zeros((30, 1), np.int32)
    found = measure_exposure(
        ranked, POPULARITY, long_tail(POPULARITY, 0.6), params.fairness.bootstrap
    )
    for estimate in found.values():
        interval = estimate.interval(0.95)
        assert 0 <= interval.low <= interval.high <= 1


@pytest.fixture
def fitted(tmp_path: Path) -> Interactions:
    """User 1 met a and b, user 2 met c; d was met by user 3 alone."""
    rows = [(1, "a", 4.0), (1, "b", 4.0), (2, "c", 4.0), (3, "d", 4.0), (3, "a", 1.0)]
    write_split(tmp_path / "train.parquet", rows)
    return read_interactions([tmp_path / "train.parquet"])


GENRES = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]], np.uint8)


def test_a_list_with_the_genres_of_its_history_is_calibrated(fitted) -> None:
    ranked = np.array([[1, 0], [2, -1]], np.int32)
    assert genre_divergence(ranked, np.array([1, 2]), fitted, GENRES) == pytest.approx([0, 0])


def test_a_list_without_a_genre_of_its_history_is_as_far_as_can_be(fitted) -> None:
    ranked = np.array([[2, 2], [0, 0]], np.int32)
    assert genre_divergence(ranked, np.array([1, 2]), fitted, GENRES) == pytest.approx([1, 1])


def test_a_list_or_history_without_genres_has_no_divergence(fitted) -> None:
    ranked = np.array([[3, -1], [-1, -1], [0, 1]], np.int32)
    found = genre_divergence(ranked, np.array([1, 2, 99]), fitted, GENRES)
    assert np.isnan(found).all()


def test_without_genre_metadata_nothing_is_known_of_calibration(fitted) -> None:
    none = np.zeros((4, 0), np.uint8)
    assert np.isnan(genre_divergence(np.array([[0]], np.int32), np.array([1]), fitted, none)).all()


def test_histories_are_averaged_over_users(fitted) -> None:
    tail = np.array([False, True, False, True])
    found = describe_histories(fitted, tail)
    assert found["long_tail_share"] == pytest.approx((1 / 2 + 0 + 1 / 2) / 3)
    assert found["average_popularity"] == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)


def test_lift_is_how_much_more_popular_lists_are_than_histories(params: Params) -> None:
    group = Grouping("mainstreaminess", ("low", "high"), np.repeat([0, 1], 60).astype(np.int32))
    histories = Histories(np.ones(120, np.int64), np.repeat([0.1, 0.4], 60))
    lists = np.repeat([0.3, 0.4], 60)
    low, high = popularity_lift(group, histories, lists, 50, params.fairness.bootstrap)
    assert low.lift.value == pytest.approx(2)
    assert high.lift.value == pytest.approx(0)


def test_small_groups_have_no_lift(params: Params) -> None:
    group = Grouping("mainstreaminess", ("low",), np.zeros(20, np.int32))
    histories = Histories(np.ones(20, np.int64), np.full(20, 0.1))
    lists = np.full(20, 0.3)
    assert popularity_lift(group, histories, lists, 50, params.fairness.bootstrap) == []
