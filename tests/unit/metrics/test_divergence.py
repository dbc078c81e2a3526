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
    assert population_stability_index(p, np.multiply(p, 3)) == pytest.approx(0, abs=1e-12)
    assert population_stability_index(p, q) >= 0


def test_an_empty_bin_is_no_infinity() -> None:
    assert math.isfinite(population_stability_index([10, 0], [0, 10]))


def test_an_empty_histogram_has_no_divergence() -> None:
    assert math.isnan(population_stability_index([0, 0], [1, 1]))
    assert math.isnan(jensen_shannon([0, 0], [1, 1]))


@given(histograms, histograms)
def test_jensen_shannon_equals_scipys_distance_squared(p, q) -> None:
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-12)


def test_jensen_shannon_of_rows_is_that_of_each_row() -> None:
    values = jensen_shannon([[1, 0], [2, 2]], [[0, 1], [1, 1]])
    assert values == pytest.approx([1, 0])
