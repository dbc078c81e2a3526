"""The committed thresholds are read, and what makes no sense is refused in a line."""

from pathlib import Path

import pytest

from marquee.errors import ParameterError
from marquee.telemetry.migrations import monitoring_folder
from marquee.telemetry.thresholds import load_thresholds


def test_an_alert_needs_a_short_window_within_its_long_one() -> None:
    thresholds = load_thresholds()
    assert thresholds.burn_rates
    assert all(rate.short_minutes < rate.long_minutes for rate in thresholds.burn_rates)


def test_no_burn_rate_asks_for_more_than_all_requests_to_fail() -> None:
    thresholds = load_thresholds()
    for promise in (thresholds.slo.availability, thresholds.slo.latency_share):
        assert all(rate.factor * (1 - promise) < 1 for rate in thresholds.burn_rates)


def test_an_alert_is_over_below_the_value_at_which_it_began() -> None:
    drift = load_thresholds().drift
    assert drift.psi_clear < drift.psi


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("availability: 0.97", "availability: 1.5", r"slo.availability = 1.5: .*less than 1"),
        ("availability:", "available:", r"slo.available: unknown key"),
        ("p: 0.0001", "p: often", r"sample_ratio.p = 'often'"),
    ],
)
def test_a_threshold_without_meaning_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "thresholds.yaml"
    path.write_text((monitoring_folder() / "thresholds.yaml").read_text().replace(old, new))
    with pytest.raises(ParameterError, match=f"thresholds.yaml: {message}"):
        load_thresholds(path)
