"""How jobs that run again and again last ended: what tells a broken one from a quiet one."""

from datetime import datetime

from marquee.telemetry.database import Connection

_RECORD = """
INSERT INTO telemetry.job AS known (job, succeeded_at, failed_at, error)
SELECT
    %(job)s,
    CASE WHEN %(error)s IS NULL THEN moment END,
    CASE WHEN %(error)s IS NOT NULL THEN moment END,
    %(error)s
FROM coalesce(%(at)s, clock_timestamp()) AS moment
ON CONFLICT (job) DO UPDATE SET
    succeeded_at = coalesce(excluded.succeeded_at, known.succeeded_at),
    failed_at = coalesce(excluded.failed_at, known.failed_at),
    error = excluded.error
"""


def record_job(
    connection: Connection, job: str, *, error: str | None = None, at: datetime | None = None
) -> None:
    """Record that a job ended, well or with an error, now or ``at`` a time, and commit."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_RECORD, {"job": job, "error": error, "at": at})
