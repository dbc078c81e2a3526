"""The committed thresholds are read, and what makes no sense is refused in a line."""

from pathlib import Path

import pytest

from marquee.errors import ParameterError
from marquee.telemetry.migrations import monitoring_folder
from marquee.telemetry.thresholds import load_thresholds


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("availability: 0.97", "availability: 1.5", r"slo.availability = 1.5: .*less than 1"),
        ("availability:", "available:", r"slo.available: unknown key"),
        ("p: 0.0001", "p: often", r"sample_ratio.p = 'often'"),
        ("psi_clear: 0.05", "psi_clear: 0.5", "drift: psi_clear 0.5 is above psi 0.1"),
        ("long_minutes: 60", "long_minutes: 5", "burn_rates.0: short_minutes 5 is not below 5"),
        ("long_minutes: 360", "long_minutes: 60", ".*the same long_minutes"),
        ("availability: 0.97", "availability: 0.93", ".*slo promises 0.93: .* not over 14.4 times"),
    ],
)
def test_a_threshold_without_meaning_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "thresholds.yaml"
    path.write_text((monitoring_folder() / "thresholds.yaml").read_text().replace(old, new))
    with pytest.raises(ParameterError, match=f"thresholds.yaml: {message}"):
        load_thresholds(path)
