"""Each check by hand-computed figures, and by what must hold for all."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.alerts.checks.drift import judge_drift, judge_unknown
from marquee.alerts.checks.hit_rate import Rate, difference, judge_hit_rate
from marquee.alerts.checks.retraining import judge_age, judge_run
from marquee.alerts.checks.sample_ratio import judge_sample_ratio
from marquee.alerts.checks.verdicts import Verdict, judge_verdict
from marquee.alerts.findings import Outcome
from marquee.telemetry.thresholds import (
    DriftThresholds,
    HitRateThresholds,
    RetrainingThresholds,
    SampleRatioThresholds,
)

BAD, UNCLEAR, GOOD = Outcome.BAD, Outcome.UNCLEAR, Outcome.GOOD
NOW = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)
HIT_RATE = HitRateThresholds(
    recent_hours=6, baseline_days=7, relative_drop=0.2, confidence=0.9999, min_answers=100
)
SPLIT = SampleRatioThresholds(hours=24, p=0.0001, min_users=200, weights={})
DRIFT = DriftThresholds(hours=24, psi=0.25, psi_clear=0.1, unknown_share=0.2, min_events=500)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe (1998), table II, method 10: 56/70 − 48/80.
    low, high = difference(Rate(56, 70), Rate(48, 80), 0.95)
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("recent", "before", "outcome"),
    [
        (Rate(100, 1000), Rate(2000, 10_000), BAD),
        (Rate(200, 1000), Rate(2000, 10_000), GOOD),
        (Rate(300, 1000), Rate(2000, 10_000), GOOD),
        (Rate(170, 1000), Rate(2000, 10_000), UNCLEAR),  # a fall of less than a fifth
        (Rate(15, 100), Rate(2000, 10_000), UNCLEAR),  # chance does as much
        (Rate(0, 99), Rate(2000, 10_000), UNCLEAR),
        (Rate(0, 1000), Rate(20, 99), UNCLEAR),
        (Rate(0, 1000), Rate(0, 10_000), UNCLEAR),
    ],
)
def test_a_hit_rate_is_bad_when_chance_does_not_explain_a_great_fall(
    recent: Rate, before: Rate, outcome: Outcome
) -> None:
    assert judge_hit_rate("v", recent, before, HIT_RATE).outcome is outcome


def test_a_fall_is_told_with_its_figures() -> None:
    finding = judge_hit_rate("als", Rate(100, 1000), Rate(2000, 10_000), HIT_RATE)
    assert finding.subject == "als"
    assert finding.summary == (
        "hit-rate 0.1000 of 1,000 mature answers, 0.2000 of 10,000 before: -50%, "
        "difference [-0.1350, -0.0543] at 99.99%"
    )


@given(st.integers(0, 400), st.integers(1, 400))
def test_an_interval_holds_the_difference_and_turns_with_it(hits: int, more: int) -> None:
    a, b = Rate(hits, 400), Rate(min(400, more), 400)
    low, high = difference(a, b, 0.999)
    assert low <= a.value - b.value <= high
    assert difference(b, a, 0.999) == pytest.approx((-high, -low))


@pytest.mark.parametrize(
    ("users", "weights", "outcome"),
    [
        ({"a": 500, "b": 500}, {}, GOOD),
        ({"a": 400, "b": 600}, {}, BAD),
        ({"a": 400, "b": 600}, {"a": 2.0, "b": 3.0}, GOOD),
        ({"a": 450, "b": 550}, {}, UNCLEAR),
        ({"a": 40, "b": 60}, {}, UNCLEAR),
        ({"a": 1000}, {}, GOOD),
        ({"a": 1000}, {"a": 1.0, "b": 1.0}, BAD),
        ({"a": 500, "b": 500, "old": 9}, {"a": 1.0, "b": 1.0}, GOOD),
        ({}, {}, GOOD),
    ],
)
def test_a_split_is_bad_when_chance_does_not_make_it(
    users: Mapping[str, int], weights: Mapping[str, float], outcome: Outcome
) -> None:
    thresholds = SPLIT.model_copy(update={"weights": weights})
    assert judge_sample_ratio(users, thresholds).outcome is outcome


def test_a_split_is_told_with_its_p_value() -> None:
    # χ² = (−50)²/500 + 50²/500 = 10 with one degree of freedom: p = 0.00157.
    finding = judge_sample_ratio({"a": 450, "b": 550}, SPLIT)
    assert (
        finding.summary == "users of a 450 (45.0%), b 550 (55.0%), planned 50.0%, 50.0%: p = 0.0016"
    )


@pytest.mark.parametrize(
    ("actual", "outcome"),
    [
        ({"Drama": 800, "War": 200}, GOOD),
        ({"Drama": 600, "War": 400}, UNCLEAR),  # 0.2 · ln 2 + 0.2 · ln(4/3) = 0.196
        ({"Drama": 400, "War": 600}, BAD),
        ({"Drama": 100, "War": 100}, UNCLEAR),
        ({}, UNCLEAR),
    ],
)
def test_another_taste_is_drift(actual: Mapping[str, int], outcome: Outcome) -> None:
    finding = judge_drift("genre", {"Drama": 8000, "War": 2000}, actual, DRIFT)
    assert finding.outcome is outcome


def test_drift_is_told_with_what_moved_the_most() -> None:
    finding = judge_drift("genre", {"Drama": 800, "War": 200}, {"Drama": 600, "War": 400}, DRIFT)
    assert finding.summary == (
        "PSI of genre 0.196 against the training data (act from 0.25); "
        "the most: Drama -20.0% of all"
    )


def test_movies_that_the_model_does_not_know_are_no_bin_of_their_own() -> None:
    known = {"tenth 1": 500, "tenth 2": 500}
    finding = judge_drift("popularity", known, known | {"not in train": 100}, DRIFT)
    assert finding.outcome is GOOD


@pytest.mark.parametrize(("unknown", "outcome"), [(50, GOOD), (150, UNCLEAR), (300, BAD)])
def test_a_catalogue_that_the_model_does_not_know_is_drift(unknown: int, outcome: Outcome) -> None:
    actual = {"tenth 1": 1000 - unknown, "not in train": unknown}
    assert judge_unknown(actual, DRIFT).outcome is outcome


@pytest.mark.parametrize(
    ("newest", "outcome"), [(None, UNCLEAR), (NOW - 30 * DAY, GOOD), (NOW - 31 * DAY, BAD)]
)
def test_a_model_may_be_so_old(newest: datetime | None, outcome: Outcome) -> None:
    assert judge_age(newest, NOW, RetrainingThresholds(max_age_days=30)).outcome is outcome


@pytest.mark.parametrize(
    ("succeeded_at", "failed_at", "outcome"),
    [
        (NOW, None, GOOD),
        (None, NOW, BAD),
        (NOW, NOW - DAY, GOOD),
        (NOW - DAY, NOW, BAD),
    ],
)
def test_a_run_is_bad_until_a_later_one_succeeds(
    succeeded_at: datetime | None, failed_at: datetime | None, outcome: Outcome
) -> None:
    assert judge_run(succeeded_at, failed_at, "disk full").outcome is outcome


@pytest.mark.parametrize(
    ("verdict", "outcome"), [("pass", GOOD), ("inconclusive", GOOD), ("fail", BAD)]
)
def test_only_a_sure_gap_is_bad(verdict: str, outcome: Outcome) -> None:
    finding = judge_verdict(Verdict("als", "gender", verdict, 0.2, 0.1, 0.3, 0.05))
    assert finding.outcome is outcome
    assert finding.subject == "als gender"
    assert "value 0.2000, from 0.1000, to 0.3000, bound 0.0500" in finding.summary
