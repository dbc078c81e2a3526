"""Incidents in the database: changed under a lock, and claimed before anybody is told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from psycopg2.extras import RealDictCursor

from marquee.alerts.findings import Finding, Outcome
from marquee.alerts.incidents import Incident, Timing, advance
from marquee.alerts.slack import Thread
from marquee.telemetry.database import Connection, Cursor
from marquee.telemetry.thresholds import Notices, Severity

LEASE = timedelta(minutes=15)
"""A runner that claimed an incident and told nobody by then is taken for dead."""
GONE = "it is not measured any more"

Kind = Literal["begin", "follow", "end"]

_LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(hashtextextended('marquee alerts ' || %s, 0))"
_KNOWN = """
SELECT subject, state, since, summary, clear_since, announced, last_sent_at, suppressed
FROM telemetry.alert_state
WHERE rule = %s
"""
_SAVE = """
INSERT INTO telemetry.alert_state AS known (
    fingerprint, rule, subject, severity, state, since, summary, clear_since, suppressed
) VALUES (
    %(fingerprint)s, %(rule)s, %(subject)s, %(severity)s, %(state)s, %(since)s, %(summary)s,
    %(clear_since)s, %(suppressed)s
)
ON CONFLICT (fingerprint) DO UPDATE SET
    severity = excluded.severity, state = excluded.state, since = excluded.since,
    summary = excluded.summary, clear_since = excluded.clear_since,
    suppressed = excluded.suppressed
"""
# Of two runners at once the second waits for the first's row, and finds it claimed.
_CLAIM = """
UPDATE telemetry.alert_state AS incident
SET claimed_until = %(now)s + %(lease)s
FROM (
    SELECT fingerprint, CASE
        WHEN state = 'resolved' AND announced = 'firing' THEN 'end'
        WHEN state = 'firing' AND announced = 'firing'
            AND last_sent_at <= %(now)s - %(reminder)s THEN 'follow'
        WHEN state = 'firing' AND announced IS DISTINCT FROM 'firing'
            AND coalesce(last_sent_at <= %(now)s - %(cooldown)s, true) THEN 'begin'
    END AS kind
    FROM telemetry.alert_state
    WHERE rule = ANY(%(rules)s)
    ORDER BY fingerprint COLLATE "C" -- as observe() writes: no two wait for each other
    FOR UPDATE
) AS due
WHERE due.kind IS NOT NULL AND due.fingerprint = incident.fingerprint
    AND (claimed_until IS NULL OR claimed_until <= %(now)s)
RETURNING incident.fingerprint, due.kind, rule, subject, severity, since, summary, suppressed,
    claimed_until, channel, thread
"""
_SETTLE = """
UPDATE telemetry.alert_state
SET
    announced = %(announced)s, last_sent_at = %(now)s, claimed_until = NULL, suppressed = 0,
    channel = %(channel)s, thread = %(thread)s
WHERE fingerprint = %(fingerprint)s AND claimed_until = %(claimed_until)s
"""
_RELEASE = """
UPDATE telemetry.alert_state SET claimed_until = NULL
WHERE fingerprint = %(fingerprint)s AND claimed_until = %(claimed_until)s
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """An incident that this runner, and no other, is to tell of before ``claimed_until``."""

    fingerprint: str
    kind: Kind
    rule: str
    subject: str
    severity: Severity
    since: datetime
    summary: str
    suppressed: int
    claimed_until: datetime
    thread: Thread | None


def observe(
    connection: Connection,
    rule: str,
    severity: Severity,
    findings: Sequence[Finding],
    *,
    now: datetime,
    timing: Timing,
) -> None:
    """Take the findings of a rule into its incidents, and commit.

    A subject of an incident that has no finding any more looks good. Several runners at once take
    turns.
    """
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_LOCK, (rule,))
        known = _known(cursor, rule)
        found = {finding.subject: finding for finding in findings}
        for subject in sorted(known.keys() | found.keys()):
            finding = found.get(subject) or Finding(subject, Outcome.GOOD, GONE)
            after = advance(known.get(subject), finding, now, timing)
            if after is not None and after != known.get(subject):
                _save(cursor, rule, subject, severity, after)


def _known(cursor: Cursor, rule: str) -> dict[str, Incident]:
    cursor.execute(_KNOWN, (rule,))
    rows: list[dict[str, object]] = [dict(row) for row in cursor.fetchall()]
    return {str(row.pop("subject")): Incident(**row) for row in rows}  # type: ignore[arg-type]


def _save(cursor: Cursor, rule: str, subject: str, severity: Severity, incident: Incident) -> None:
    cursor.execute(
        _SAVE,
        {
            "fingerprint": f"{rule} {subject}".strip(),
            "rule": rule,
            "subject": subject,
            "severity": severity,
            "state": incident.state,
            "since": incident.since,
            "summary": incident.summary,
            "clear_since": incident.clear_since,
            "suppressed": incident.suppressed,
        },
    )


def claim(
    connection: Connection, rules: Collection[str], *, now: datetime, notices: Notices
) -> list[Claim]:
    """Claim whatever is to be told of these rules now, and commit.

    What another runner has claimed is not, nor are the rules of another version.
    """
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            _CLAIM,
            {
                "rules": list(rules),
                "now": now,
                "lease": LEASE,
                "cooldown": timedelta(seconds=notices.cooldown_s),
                "reminder": timedelta(seconds=notices.reminder_s),
            },
        )
        return [_claimed(row) for row in cursor.fetchall()]


def _claimed(row: Mapping[str, object]) -> Claim:
    values = dict(row)
    channel, thread = values.pop("channel"), values.pop("thread")
    place = Thread(str(channel), str(thread)) if thread else None
    return Claim(**values, thread=place)  # type: ignore[arg-type]


def settle(connection: Connection, claim: Claim, thread: Thread | None, now: datetime) -> None:
    """Record that a claim was told, in which thread, and commit."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "fingerprint": claim.fingerprint,
                "claimed_until": claim.claimed_until,
                "announced": "resolved" if claim.kind == "end" else "firing",
                "now": now,
                "channel": thread.channel if thread else None,
                "thread": thread.name if thread else None,
            },
        )


def release(connection: Connection, claim: Claim) -> None:
    """Give a claim back that could not be told, for the next round, and commit."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            _RELEASE, {"fingerprint": claim.fingerprint, "claimed_until": claim.claimed_until}
        )
