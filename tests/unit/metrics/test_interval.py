import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap

from marquee.metrics.beyond import coverage
from marquee.metrics.interval import (
    Interval,
    gap_interval,
    holm,
    p_value,
    percentile_interval,
    recentre,
    resample_exposure,
    resample_sums,
    smallest_p_value,
)
from marquee.params import BootstrapParams

BOOTSTRAP = BootstrapParams(resamples=1000, confidence=0.95, seed=1)


def test_the_same_seed_draws_the_same_users_and_another_seed_others() -> None:
    values = np.random.default_rng(1).random((50, 2))
    again = resample_sums(values, BOOTSTRAP)
    other = resample_sums(values, BOOTSTRAP.model_copy(update={"seed": 2}))
    assert np.array_equal(resample_sums(values, BOOTSTRAP), again)
    assert not np.array_equal(other, again)


def test_streams_are_drawn_apart() -> None:
    values = np.random.default_rng(1).random((400, 1))
    one, other = (resample_sums(values, BOOTSTRAP, stream)[:, 0] for stream in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.15


def test_columns_are_resampled_together() -> None:
    values = np.random.default_rng(1).random(50)
    sums = resample_sums(np.stack([values, values * 2, np.ones(50)], axis=1), BOOTSTRAP)
    assert sums[:, 1] == pytest.approx(2 * sums[:, 0])
    assert np.all(sums[:, 2] == 50)


def test_more_users_than_are_drawn_at_once_are_resampled_too() -> None:
    few = BOOTSTRAP.model_copy(update={"resamples": 100})
    sums = resample_sums(np.ones((30_000, 1)), few)
    assert sums.shape == (100, 1)
    assert np.all(sums == 30_000)


def test_the_interval_of_a_mean_agrees_with_scipys() -> None:
    values = np.random.default_rng(3).exponential(size=200)
    means = resample_sums(values[:, None], BOOTSTRAP)[:, 0] / 200
    ours = percentile_interval(means, 0.95)
    theirs = scipy_bootstrap((values,), np.mean, n_resamples=1000, method="percentile", rng=5)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.15 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.15 * width)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng, covered = np.random.default_rng(4), 0
    for _ in range(200):
        values = rng.normal(size=(80, 1))
        interval = percentile_interval(resample_sums(values, BOOTSTRAP)[:, 0] / 80, 0.95)
        covered += interval.low <= 0 <= interval.high
    assert 0.89 <= covered / 200 <= 0.99


def test_nothing_known_has_no_interval_and_excludes_nothing() -> None:
    interval = percentile_interval(np.array([np.nan]), 0.95)
    assert math.isnan(interval.low)
    assert not interval.excludes_zero


@pytest.mark.parametrize(
    ("low", "high", "excludes"), [(1, 2, True), (-2, -1, True), (-1, 1, False), (0, 1, False)]
)
def test_an_interval_excludes_zero_only_when_it_lies_on_one_side(low, high, excludes) -> None:
    assert Interval(low, high).excludes_zero is excludes


def test_the_interval_of_coverage_holds_coverage_itself() -> None:
    ranked = np.random.default_rng(1).integers(0, 400, (100, 5)).astype(np.int32)
    point = float(coverage(np.bincount(ranked.ravel(), minlength=400), 400))
    (resampled,) = resample_exposure([ranked], BOOTSTRAP, lambda shown, _: coverage(shown, 400))
    assert percentile_interval(resampled, 0.95).high < point
    recentred = percentile_interval(recentre(point, resampled), 0.95)
    assert recentred.low < point < recentred.high


def test_resampled_exposure_is_that_of_the_lists_of_the_users_drawn() -> None:
    several = np.random.default_rng(4).choice([-1, 3, 8, 900], (40, 3)).astype(np.int32)
    drawn = resample_sums(np.eye(40), BOOTSTRAP)
    shown = {}

    def note(exposure, movies):
        shown[movies.tobytes()] = movies.tolist()
        return exposure

    exposures = resample_exposure([several, several[:, :1]], BOOTSTRAP, note)

    assert list(shown.values()) == [[3, 8, 900]]
    for ranked, exposure in zip([several, several[:, :1]], exposures, strict=True):
        times = np.stack([(ranked == movie).sum(axis=1) for movie in (3, 8, 900)], axis=1)
        assert (exposure == drawn @ times).all()


def test_a_difference_on_one_side_has_the_smallest_p_value() -> None:
    assert p_value(np.full(1000, 0.1)) == pytest.approx(smallest_p_value(BOOTSTRAP))


def test_no_difference_at_all_has_a_p_value_of_one() -> None:
    assert p_value(np.zeros(1000)) == 1


def test_a_p_value_is_near_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(6).normal(0.15, 1, (400, 1))
    z = abs(values.mean()) / (values.std() / 20)
    normal = 2 * (1 - NormalDist().cdf(z))
    assert p_value(resample_sums(values, BOOTSTRAP)[:, 0]) == pytest.approx(normal, abs=0.02)


def test_holm_equals_its_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_counts_only_the_comparisons_that_were_made() -> None:
    adjusted = holm([math.nan, 0.02])
    assert math.isnan(adjusted[0])
    assert adjusted[1] == 0.02


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_never_lowers_a_p_value_nor_changes_their_order(p_values) -> None:
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)


def gap(groups: list[np.ndarray]) -> Interval:
    points = np.array([group.mean() for group in groups])
    resampled = np.stack(
        [
            resample_sums(group[:, None], BOOTSTRAP, stream)[:, 0] / len(group)
            for stream, group in enumerate(groups)
        ],
        axis=1,
    )
    return gap_interval(points, resampled, 0.95)


def test_equal_groups_have_no_gap_however_many_they_are() -> None:
    rng = np.random.default_rng(7)
    found = [gap([rng.normal(size=50) for _ in range(12)]).low > 0 for _ in range(40)]
    assert sum(found) <= 5


def test_the_gap_interval_holds_a_real_gap() -> None:
    rng = np.random.default_rng(8)
    interval = gap([rng.normal(mean, 1, 300) for mean in (0, 0.5, 1)])
    assert 0 < interval.low < 1 < interval.high


def test_one_group_has_no_gap_to_speak_of() -> None:
    assert math.isnan(gap([np.ones(60)]).low)
