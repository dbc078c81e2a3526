"""The age of the model in service, and the job that makes a new one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from marquee.alerts.findings import Finding, Outcome
from marquee.telemetry.database import Cursor
from marquee.telemetry.thresholds import RetrainingThresholds, Thresholds

JOB = "retraining"

_NEWEST = "SELECT max(deployed_at) FROM report.model_deploy WHERE deployed_at <= %s"
_RUN = """
SELECT succeeded_at, failed_at, error FROM report.job
WHERE job = %(job)s AND coalesce(failed_at <= %(now)s, true)
"""


def check_age(cursor: Cursor, thresholds: Thresholds, now: datetime) -> Sequence[Finding]:
    """Judge when a model was last put into service."""
    cursor.execute(_NEWEST, (now,))
    (newest,) = cursor.fetchone() or (None,)
    return [judge_age(newest, now, thresholds.retraining)]


def judge_age(newest: datetime | None, now: datetime, thresholds: RetrainingThresholds) -> Finding:
    """Find an older model than ``max_age_days`` bad; unclear where none was ever deployed."""
    if newest is None:
        return Finding("", Outcome.UNCLEAR, "no deploy is recorded")
    age = now - newest
    return Finding(
        "",
        Outcome.BAD if age > timedelta(days=thresholds.max_age_days) else Outcome.GOOD,
        f"a model was last put into service {age.days} days ago, expected within "
        f"{thresholds.max_age_days}",
    )


def check_runs(cursor: Cursor, _: Thresholds, now: datetime) -> Sequence[Finding]:
    """Judge how the job ``retraining`` last ended, if it was ever recorded."""
    cursor.execute(_RUN, {"job": JOB, "now": now})
    return [judge_run(*row) for row in cursor.fetchall()]


def judge_run(
    succeeded_at: datetime | None, failed_at: datetime | None, error: str | None
) -> Finding:
    """Find a job bad that failed and has not succeeded since."""
    if failed_at is None or (succeeded_at is not None and succeeded_at >= failed_at):
        return Finding("", Outcome.GOOD, "the last run succeeded")
    return Finding("", Outcome.BAD, f"failed at {failed_at:%Y-%m-%d %H:%M} UTC: {error}")
