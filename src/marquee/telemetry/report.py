"""The figures of a period: hit-rate, latency, delay, data quality, from the ``report`` schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg2.errors
from psycopg2.extras import RealDictCursor
from psycopg2.sql import SQL, Composable, Identifier

from marquee.errors import DatabaseError, ParameterError
from marquee.telemetry.database import Connection, connected

By = Literal["variant", "model"]
Row = Mapping[str, Any]

_NO_VIEWS = (
    psycopg2.errors.InvalidSchemaName,
    psycopg2.errors.UndefinedTable,
    psycopg2.errors.UndefinedFunction,
)
_KEYS: Mapping[By, str] = {"variant": "variant", "model": "model_version"}
_GROUPS = SQL("""
SELECT *
FROM report.{function}(%(since)s, %(until)s)
LEFT JOIN (
    SELECT
        {key},
        report.latency_quantile(0.50, array_agg(latency_bucket), array_agg(n)) AS latency_p50_ms,
        report.latency_quantile(0.95, array_agg(latency_bucket), array_agg(n)) AS latency_p95_ms,
        report.latency_quantile(0.99, array_agg(latency_bucket), array_agg(n)) AS latency_p99_ms
    FROM (
        SELECT {key}, latency_bucket, sum(requests)::bigint AS n
        FROM report.latency(%(since)s, %(until)s)
        WHERE status = 200
        GROUP BY {key}, latency_bucket
    ) AS counted
    GROUP BY {key}
) AS latency USING ({key})
ORDER BY {key}
""")
_DELAY = SQL("SELECT * FROM report.delay_percentiles")
_WATERMARK = SQL("""
SELECT
    watermark, mature_until, lag_lines, updated_at,
    extract(EPOCH FROM partition_spread)::double precision AS partition_spread_s,
    extract(EPOCH FROM hit_window)::double precision AS hit_window_s
FROM report.watermark
""")
_LINES = SQL("""
SELECT
    coalesce(sum(lines), 0)::bigint AS lines,
    coalesce(sum(recommendations), 0)::bigint AS recommendations,
    coalesce(sum(interactions), 0)::bigint AS interactions,
    coalesce(sum(collapsed), 0)::bigint AS collapsed,
    coalesce(sum(duplicates), 0)::bigint AS duplicates,
    coalesce(sum(accounts), 0)::bigint AS accounts,
    coalesce(sum(quarantined), 0)::bigint AS quarantined,
    coalesce(sum(late), 0)::bigint AS late
FROM report.data_quality_1m
WHERE bucket >= date_trunc('minute', %(since)s) AND bucket < %(until)s
""")


@dataclass(frozen=True, slots=True)
class Report:
    """What :func:`read_report` found; each row maps a column of the views to its value.

    ``groups`` has a row a variant, or model version, that was asked for anything in the period;
    ``lines`` counts what the writer committed in it. ``delay`` and ``watermark`` are of now.
    """

    since: datetime
    until: datetime
    by: By
    groups: Sequence[Row]
    delay: Row
    lines: Row
    watermark: Row

    @property
    def key(self) -> str:
        """The column that names a group."""
        return _KEYS[self.by]

    def as_json(self) -> dict[str, Any]:
        """Return it for :func:`~marquee.artifacts.canonical_json`, times in ISO 8601."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "by": self.by,
            "groups": [_spelt(row) for row in self.groups],
            "delay": _spelt(self.delay),
            "lines": _spelt(self.lines),
            "watermark": _spelt(self.watermark),
        }


def _spelt(row: Row) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}


def read_report(dsn: str, *, since: datetime, until: datetime, by: By) -> Report:
    """Read the figures of what was served from ``since`` to before ``until``, aware times.

    Minutes count whole. The role ``marquee_reader`` suffices. Where nothing was asked there are no
    groups. A database without the views is a :class:`~marquee.errors.DatabaseError`.
    """
    if since >= until:
        raise ParameterError(f"a report since {since}, until {until}: expected it to begin earlier")
    with connected(dsn, application="marquee report") as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        try:
            return _read(connection, since, until, by)
        except _NO_VIEWS:
            raise DatabaseError(
                "the database has no views to report from; run `marquee telemetry migrate`"
            ) from None


def _read(connection: Connection, since: datetime, until: datetime, by: By) -> Report:
    names = {"key": Identifier(_KEYS[by]), "function": Identifier(f"hit_rate_by_{by}")}

    def rows(statement: Composable) -> list[dict[str, Any]]:
        with connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(statement, {"since": since, "until": until})
            return [dict(row) for row in cursor]

    return Report(
        since=since,
        until=until,
        by=by,
        groups=rows(_GROUPS.format(**names)),
        delay=rows(_DELAY)[0],
        lines=rows(_LINES)[0],
        watermark=rows(_WATERMARK)[0],
    )
