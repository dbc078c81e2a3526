"""When somebody is told: the numbers that dashboards, alerts and runbooks share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from marquee.params.fields import Count, NonNegative, Positive, StrictModel
from marquee.params.load import check, read_yaml
from marquee.telemetry.migrations import monitoring_folder

Severity = Literal["critical", "warning"]
InnerShare = Annotated[float, Field(gt=0, lt=1)]


class Objectives(StrictModel):
    """What is promised over ``window_days``."""

    window_days: Count
    availability: InnerShare
    """The share of requests that are answered."""
    latency_ms: Count
    latency_share: InnerShare
    """The share of answers within ``latency_ms``."""
    min_requests: Count


class BurnRate(StrictModel):
    """A speed of using up the error budget, in multiples of the promised one, and two windows."""

    factor: Positive
    long_minutes: Count
    short_minutes: Count
    severity: Severity

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.short_minutes >= self.long_minutes:
            raise ValueError(f"short_minutes {self.short_minutes} is not below {self.long_minutes}")
        return self


class StreamThresholds(StrictModel):
    """How far behind, and for how long quiet, the parts of the online half may be."""

    lag_s: Count
    upkeep_age_s: Count
    silence_s: Count
    heartbeat_age_s: Count


class HitRateThresholds(StrictModel):
    """How much worse the mature hit-rate may be than in the days before."""

    recent_hours: Count
    baseline_days: Count
    relative_drop: InnerShare
    confidence: InnerShare
    min_answers: Count


class SampleRatioThresholds(StrictModel):
    """How unlikely the observed split of users may be."""

    hours: Count
    p: InnerShare
    min_users: Count
    weights: Mapping[str, Positive]


class DriftThresholds(StrictModel):
    """How far what is watched may be from what the model was trained on."""

    hours: Count
    psi: Positive
    psi_clear: NonNegative
    unknown_share: InnerShare
    min_events: Count

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.psi_clear > self.psi:
            raise ValueError(f"psi_clear {self.psi_clear:g} is above psi {self.psi:g}")
        return self


class RetrainingThresholds(StrictModel):
    """How old the model in service may be."""

    max_age_days: Count


class Notices(StrictModel):
    """How often somebody is told of the same."""

    cooldown_s: Count
    reminder_s: Count


class Thresholds(StrictModel):
    """The whole of ``monitoring/thresholds.yaml``."""

    slo: Objectives
    burn_rates: tuple[BurnRate, ...]
    stream: StreamThresholds
    hit_rate: HitRateThresholds
    sample_ratio: SampleRatioThresholds
    drift: DriftThresholds
    retraining: RetrainingThresholds
    notices: Notices

    @model_validator(mode="after")
    def _rules_of_their_own(self) -> Self:
        given = [rate.long_minutes for rate in self.burn_rates]
        if len(set(given)) < len(given):
            raise ValueError("two of burn_rates have the same long_minutes, which names their rule")
        return self

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        for promise in (self.slo.availability, self.slo.latency_share):
            for rate in self.burn_rates:
                if rate.factor * (1 - promise) >= 1:
                    raise ValueError(
                        f"slo promises {promise:g}: all requests that fail are not over "
                        f"{rate.factor:g} times as many as that allows"
                    )
        return self


def load_thresholds(path: Path | None = None) -> Thresholds:
    """Read the thresholds; the first wrong key or value is a ``ParameterError`` of one line."""
    path = path or monitoring_folder() / "thresholds.yaml"
    return check(Thresholds, read_yaml(path), where=str(path))
