import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.metrics.beyond import average_over_list, count_exposure, coverage, diversity, gini

RANKED = np.array([[0, 1], [0, 2], [0, -1]], np.int32)


def test_exposure_counts_the_lists_that_show_a_movie() -> None:
    assert count_exposure(RANKED, 5).tolist() == [3, 1, 1, 0, 0]


def test_coverage_is_the_share_of_the_catalogue_shown() -> None:
    assert coverage(count_exposure(RANKED, 5), 5) == pytest.approx(3 / 5)


def test_gini_equals_the_mean_difference_of_all_pairs() -> None:
    exposure = np.array([3, 1, 1, 0, 0])
    pairs = np.abs(exposure[:, None] - exposure[None, :]).sum()
    assert gini(exposure, 5) == pytest.approx(pairs / (2 * 5 * exposure.sum()))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_gini_lies_between_equality_and_one(exposure) -> None:
    value = gini(np.array(exposure), len(exposure))
    assert math.isnan(value) if sum(exposure) == 0 else 0 <= value < 1


def test_gini_of_equal_exposure_is_zero_and_of_one_movie_is_nearly_one() -> None:
    assert gini(np.full(7, 4), 7) == 0
    assert gini(np.array([0, 0, 0, 9]), 4) == pytest.approx(3 / 4)


def test_gini_of_nothing_shown_is_unknown() -> None:
    assert math.isnan(gini(np.zeros(4, np.int64), 4))


def test_movies_never_shown_may_be_left_out_of_exposure() -> None:
    whole, shown = np.array([[0, 3, 0, 1, 1], [0, 0, 0, 2, 3]]), np.array([[3, 1, 1], [0, 2, 3]])

    assert (gini(shown, 5) == gini(whole, 5)).all()
    assert (coverage(shown, 5) == coverage(whole, 5)).all()


def test_a_lists_average_leaves_out_its_padding() -> None:
    values = average_over_list(RANKED, np.array([1.0, 3.0, 5.0]))
    assert values.tolist() == [2, 3, 1]


def test_an_empty_list_has_no_average() -> None:
    assert math.isnan(average_over_list(np.array([[-1, -1]], np.int32), np.ones(3))[0])


def test_diversity_is_the_mean_jaccard_distance_of_pairs() -> None:
    genres = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], np.uint8)
    values = diversity(np.array([[0, 1, 2]], np.int32), genres)
    assert values[0] == pytest.approx((1 / 2 + 1 + 1) / 3)


def test_movies_without_genres_are_in_no_pair() -> None:
    genres = np.array([[1, 0], [0, 1], [0, 0]], np.uint8)
    values = diversity(np.array([[0, 1, 2], [2, 0, -1]], np.int32), genres)
    assert values[0] == 1
    assert math.isnan(values[1])
