"""Rows of a test's own, and what panels show of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import execute_values

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.macros import Period
from marquee.dashboards.preview.answers import ask

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PERIOD = Period(NOW - timedelta(days=1), NOW)
CHOICE = {
    "variant": ["a", "b"], "model_version": ["v"], "control": "a", "treatment": "b", "window": "1h",
}  # fmt: skip


def panel(
    connection: Connection, title: str, period: Period = PERIOD, **choice: str
) -> list[Mapping[str, Any]]:
    """The rows of a panel."""
    (sql,) = (
        query.sql
        for dashboard in all_dashboards()
        for row in dashboard.rows
        for panel in row.panels
        if panel.title == title
        for query in panel.queries
    )
    answer = ask(connection, sql, period, {**CHOICE, **choice})
    assert answer.error is None
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def insert(connection: Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor:
        execute_values(cursor, f"INSERT INTO telemetry.{table} VALUES %s", rows)


def answers(
    variant: str, lists: Sequence[Sequence[str]], *, first: int = 0
) -> list[tuple[object, ...]]:
    """A recommendation a minute, each of a user of its own."""
    return [
        (
            f"00000000-0000-0000-0000-{first + n:012}", NOW - timedelta(hours=20, minutes=-n),
            first + n, variant, "v", "s", 200, 40, list(items), n % 2 == 0, None,
        )
        for n, items in enumerate(lists)
    ]  # fmt: skip
