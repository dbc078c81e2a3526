"""How the models in service were judged before they went live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marquee.alerts.findings import Finding, Outcome
from marquee.telemetry.database import Cursor
from marquee.telemetry.thresholds import Thresholds

_IN_SERVICE = """
SELECT variant, name, verdict, value, low, high, bound
FROM (
    SELECT DISTINCT ON (variant) variant, model_version
    FROM report.model_deploy
    WHERE deployed_at <= %s
    ORDER BY variant, deployed_at DESC
) AS newest
INNER JOIN report.model_verdict USING (model_version)
WHERE kind = %s
ORDER BY variant, name
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one requirement of a variant's model was judged; figures may be missing."""

    variant: str
    name: str
    verdict: str
    value: float | None
    low: float | None
    high: float | None
    bound: float | None


def check_fairness(cursor: Cursor, _: Thresholds, now: datetime) -> Sequence[Finding]:
    """Judge the gaps between groups of users that were found before the models went live."""
    return _check(cursor, now, "fairness")


def check_gate(cursor: Cursor, _: Thresholds, now: datetime) -> Sequence[Finding]:
    """Judge whether the models passed the gate before they went live."""
    return _check(cursor, now, "gate")


def _check(cursor: Cursor, now: datetime, kind: str) -> list[Finding]:
    cursor.execute(_IN_SERVICE, (now, kind))
    return [judge_verdict(Verdict(*row)) for row in cursor.fetchall()]


def judge_verdict(verdict: Verdict) -> Finding:
    """Find a verdict of fail bad, and any other good: an interval that spans the bound is none."""
    figures = ", ".join(
        f"{name} {value:.4f}"
        for name, value in (
            ("value", verdict.value),
            ("from", verdict.low),
            ("to", verdict.high),
            ("bound", verdict.bound),
        )
        if value is not None
    )
    return Finding(
        f"{verdict.variant} {verdict.name}",
        Outcome.BAD if verdict.verdict == "fail" else Outcome.GOOD,
        f"{verdict.name} of {verdict.variant}: {verdict.verdict}" + (figures and f" ({figures})"),
    )
