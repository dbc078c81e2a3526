"""The upkeep of plain PostgreSQL: stale buckets kept anew, old rows deleted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg2.sql import SQL, Identifier

from marquee.telemetry.database import Connection, Cursor

_BUCKETS = 60
"""How many buckets one transaction keeps anew."""
_ROWS = 10_000
"""How many rows one transaction deletes."""
# The narrow ones first: the wide are sums of them.
_LEVELS = """
SELECT source, width, array_agg(name ORDER BY name)
FROM telemetry.aggregate
GROUP BY source, width
ORDER BY width, source
"""
_STALE = """
SELECT bucket FROM telemetry.stale_bucket WHERE source = %s AND width = %s ORDER BY bucket
"""
_UNMARK = """
DELETE FROM telemetry.stale_mark WHERE source = %s AND width = %s AND bucket = ANY(%s)
"""
_FORGET = """
UPDATE telemetry.event_table
SET kept_since = greatest(kept_since, date_bin('1 day', now() - keep, TIMESTAMPTZ 'epoch'))
"""
_HORIZONS = """
SELECT name, time_column, kept_since FROM telemetry.event_table
UNION ALL
SELECT name || '_kept', 'bucket', date_bin('1 day', now() - keep, TIMESTAMPTZ 'epoch')
FROM telemetry.aggregate
ORDER BY 1
"""
_UNMARK_OLD = """
DELETE FROM telemetry.stale_mark USING telemetry.event_table
WHERE source = name AND bucket < kept_since
"""


@dataclass(frozen=True, slots=True)
class _Level:
    """The aggregates of one source and width, whose buckets are stale together."""

    source: str
    width: timedelta
    names: Sequence[str]


def keep_anew(connection: Connection) -> Iterator[tuple[str, int]]:
    """Compute the buckets that are stale now; yield each aggregate and how many.

    The connection commits by itself, and no other does the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEVELS)
        for level in [_Level(*row) for row in cursor.fetchall()]:
            cursor.execute(_STALE, (level.source, level.width))
            stale = [bucket for (bucket,) in cursor.fetchall()]
            for start in range(0, len(stale), _BUCKETS):
                _keep(connection, level, stale[start : start + _BUCKETS])
            yield from ((name, len(stale)) for name in level.names)


def _keep(connection: Connection, level: _Level, buckets: list[datetime]) -> None:
    with connection, connection.cursor() as cursor:
        # One snapshot: what it counts is what its marks stand for, and no mark made since goes.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for name in level.names:
            kept, live = (Identifier("telemetry", f"{name}_{part}") for part in ("kept", "live"))
            cursor.execute(SQL("DELETE FROM {} WHERE bucket = ANY(%s)").format(kept), (buckets,))
            cursor.execute(
                SQL("INSERT INTO {} SELECT * FROM {} WHERE bucket = ANY(%s)").format(kept, live),
                (buckets,),
            )
        cursor.execute(_UNMARK, (level.source, level.width, buckets))


def drop_old(connection: Connection) -> Iterator[tuple[str, int]]:
    """Delete what is past its keep; yield each table that had such rows, and how many.

    The connection commits by itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
        cursor.execute(_HORIZONS)
        for table, column, since in cursor.fetchall():
            rows = 0
            while deleted := _delete(cursor, table, column, since):
                rows += deleted
            if rows:
                yield table, rows
        # The deletes left marks too; they say nothing of what was kept.
        cursor.execute(_UNMARK_OLD)


def _delete(cursor: Cursor, table: str, column: str, before: datetime) -> int:
    cursor.execute(
        SQL(
            "DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE {1} < %s LIMIT %s))"
        ).format(Identifier("telemetry", table), Identifier(column)),
        (before, _ROWS),
    )
    return cursor.rowcount
