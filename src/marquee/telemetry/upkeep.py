"""The upkeep of plain PostgreSQL: stale buckets kept anew, old rows deleted."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count, takewhile

from psycopg2.sql import SQL, Identifier

from marquee.telemetry.database import Connection, Cursor

_BUCKETS = 60
"""How many buckets one transaction keeps anew."""
_ROWS = 10_000
"""How many rows one transaction deletes."""
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


def keep_anew(connection: Connection) -> Iterator[tuple[str, int]]:
    """Compute the buckets that are stale now; yield each aggregate and how many.

    The connection commits by itself, and no other does the same.
    """
    with connection.cursor() as cursor:
        # The narrow ones first: the wide are sums of them.
        cursor.execute(
            "SELECT source, width, array_agg(name ORDER BY name) FROM telemetry.aggregate "
            "GROUP BY source, width ORDER BY width, source"
        )
        for source, width, names in cursor.fetchall():
            cursor.execute(
                "SELECT bucket FROM telemetry.stale_bucket "
                "WHERE source = %s AND width = %s ORDER BY bucket",
                (source, width),
            )
            stale = [bucket for (bucket,) in cursor.fetchall()]
            for start in range(0, len(stale), _BUCKETS):
                buckets = stale[start : start + _BUCKETS]
                _keep(connection, names, (source, width, buckets))
            yield from ((name, len(stale)) for name in names)


def _keep(
    connection: Connection, names: Sequence[str], stale: tuple[str, object, list[datetime]]
) -> None:
    *_, buckets = stale
    with connection, connection.cursor() as cursor:
        # One snapshot: what it counts is what its marks stand for, and no mark made since goes.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for name in names:
            kept, live = (
                Identifier("telemetry", f"{name}_kept"),
                Identifier("telemetry", f"{name}_live"),
            )
            cursor.execute(SQL("DELETE FROM {} WHERE bucket = ANY(%s)").format(kept), (buckets,))
            cursor.execute(
                SQL("INSERT INTO {} SELECT * FROM {} WHERE bucket = ANY(%s)").format(kept, live),
                (buckets,),
            )
        cursor.execute(
            "DELETE FROM telemetry.stale_mark "
            "WHERE source = %s AND width = %s AND bucket = ANY(%s)",
            stale,
        )


def drop_old(connection: Connection) -> Iterator[tuple[str, int]]:
    """Delete what is past its keep; yield each table that had such rows, and how many.

    The connection commits by itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
        cursor.execute(_HORIZONS)
        for table, column, since in cursor.fetchall():
            if rows := sum(
                takewhile(bool, (_delete(cursor, table, column, since) for _ in count()))
            ):
                yield table, rows
        # The deletes left marks too; they say nothing of what was kept.
        cursor.execute(
            "DELETE FROM telemetry.stale_mark USING telemetry.event_table "
            "WHERE source = name AND bucket < kept_since"
        )


def _delete(cursor: Cursor, table: str, column: str, before: datetime) -> int:
    cursor.execute(
        SQL(
            "DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE {1} < %s LIMIT %s))"
        ).format(Identifier("telemetry", table), Identifier(column)),
        (before, _ROWS),
    )
    return cursor.rowcount
