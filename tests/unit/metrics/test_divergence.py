import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from marquee.metrics.divergence import jensen_shannon, population_stability_index

histograms = st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(any)


def test_the_stability_index_equals_its_hand_computed_value() -> None:
    expected = (0.6 - 0.5) * math.log(0.6 / 0.5) + (0.4 - 0.5) * math.log(0.4 / 0.5)
    assert population_stability_index([5, 5], [60, 40]) == pytest.approx(expected)


@given(histograms, histograms)
def test_the_stability_index_is_zero_only_for_equal_shares(p, q) -> None:
    assert population_stability_index(p, np.multiply(p, 3)) == 0
    assert population_stability_index(p, q) >= 0


def test_an_empty_bin_is_no_infinity() -> None:
    assert math.isfinite(population_stability_index([10, 0], [0, 10]))


def test_an_empty_histogram_has_no_divergence() -> None:
    assert math.isnan(population_stability_index([0, 0], [1, 1]))
    assert math.isnan(jensen_shannon([0, 0], [1, 1]))


@given(histograms, histograms)
def test_jensen_shannon_equals_scipys_distance_squared(p, q) -> None:
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-12)


@given(histograms, histograms)
def test_jensen_shannon_is_symmetric_and_between_zero_and_one(p, q) -> None:
    assert 0 <= jensen_shannon(p, q) <= 1
    assert jensen_shannon(p, q) == jensen_shannon(q, p)


@given(histograms, st.integers(1, 1000))
def test_jensen_shannon_of_equal_shares_is_exactly_zero(p, times) -> None:
    assert jensen_shannon(p, np.multiply(p, times)) == 0


@given(histograms, histograms)
def test_jensen_shannon_of_shares_without_a_common_bin_is_exactly_one(p, q) -> None:
    nothing = np.zeros(4)
    assert jensen_shannon([*p, *nothing], [*nothing, *q]) == 1


@given(histograms, histograms)
def test_a_divergence_has_no_digits_below_the_twelfth_decimal(p, q) -> None:
    for found in (float(jensen_shannon(p, q)), population_stability_index(p, q)):
        assert found == round(found, 12)


def test_jensen_shannon_of_rows_is_that_of_each_row() -> None:
    values = jensen_shannon([[1, 0], [2, 2]], [[0, 1], [1, 1]])
    assert values == pytest.approx([1, 0])
