"""What `marquee alerts run` judges: each rule, how long it must last, and its check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from marquee.alerts.checks.drift import check_drift
from marquee.alerts.checks.hit_rate import check_hit_rate
from marquee.alerts.checks.retraining import check_age, check_runs
from marquee.alerts.checks.sample_ratio import check_sample_ratio
from marquee.alerts.checks.verdicts import check_fairness, check_gate
from marquee.alerts.findings import Finding
from marquee.alerts.incidents import NO_TIME
from marquee.telemetry.database import Cursor
from marquee.telemetry.thresholds import Severity, Thresholds

Check = Callable[[Cursor, Thresholds, datetime], Sequence[Finding]]
"""Reads the figures as of a time and judges them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of incident; ``name`` is that of its page in docs/runbooks too."""

    name: str
    title: str
    severity: Severity
    check: Check
    lasting: timedelta = NO_TIME
    recovery: timedelta = NO_TIME

    @property
    def runbook(self) -> str:
        """The file that says what to do."""
        return f"{self.name}.md"


_ROUNDS = timedelta(minutes=10)
"""Two rounds of the runner: one odd round neither begins nor ends an incident."""

RULES = (
    Rule("hit-rate-drop", "Hit-rate has dropped", "critical", check_hit_rate, _ROUNDS, _ROUNDS),
    Rule(
        "sample-ratio-mismatch",
        "Users are not split as planned",
        "warning",
        check_sample_ratio,
        _ROUNDS,
        _ROUNDS,
    ),
    Rule(
        "drift", "People watch something else than before", "warning", check_drift, _ROUNDS, _ROUNDS
    ),
    Rule("fairness-gap", "A fairness requirement is broken", "warning", check_fairness),
    Rule("gate-verdict", "A model in service failed its gate", "warning", check_gate),
    Rule("retraining-overdue", "The model in service is old", "warning", check_age),
    Rule("retraining-failed", "Retraining failed", "warning", check_runs),
)
