import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from marquee.experiments.noise import compare_means

seeds = st.lists(st.integers(0, 100).map(lambda value: value / 100), min_size=2, max_size=8)
noisy_seeds = seeds.filter(lambda values: len(set(values)) > 1)


@given(noisy_seeds, noisy_seeds)
def test_interval_and_p_value_are_those_of_scipy(ours: list[float], theirs: list[float]) -> None:
    difference = compare_means(ours, theirs, confidence=0.95)
    expected = stats.ttest_ind(ours, theirs, equal_var=False)
    interval = expected.confidence_interval(0.95)

    assert difference.p == pytest.approx(float(expected.pvalue), abs=1e-6)
    assert (difference.low, difference.high) == pytest.approx(
        (float(interval.low), float(interval.high)), abs=1e-6
    )


@given(seeds, seeds)
def test_turning_the_comparison_round_turns_its_sign(
    ours: list[float], theirs: list[float]
) -> None:
    there = compare_means(ours, theirs, confidence=0.9)
    back = compare_means(theirs, ours, confidence=0.9)

    assert (there.value, there.low, there.p) == pytest.approx((-back.value, -back.high, back.p))


def test_one_seed_tells_nothing_about_the_noise() -> None:
    difference = compare_means([0.3], [0.1, 0.2], confidence=0.95)

    assert difference.value == pytest.approx(0.15)
    assert (difference.low, difference.high, difference.p) == (None, None, None)


def test_without_any_noise_every_difference_is_real() -> None:
    difference = compare_means([0.3, 0.3], [0.2, 0.2], confidence=0.95)

    assert (difference.low, difference.high) == pytest.approx((0.1, 0.1))
    assert difference.p == 0


def test_without_any_noise_and_any_difference_nothing_is_found() -> None:
    difference = compare_means([0.2, 0.2], [0.2, 0.2], confidence=0.95)

    assert difference.p == 1


def test_a_gain_inside_the_noise_has_an_interval_that_holds_zero() -> None:
    difference = compare_means([0.30, 0.34, 0.28], [0.29, 0.33, 0.27], confidence=0.95)

    assert difference.low < 0 < difference.high
    assert difference.p > 0.5
