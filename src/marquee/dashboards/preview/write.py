"""The page of a database, written once or again and again."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2.errors

from marquee.artifacts import whole
from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.grafana import DEPLOYS
from marquee.dashboards.macros import Period
from marquee.dashboards.model import Dashboard
from marquee.dashboards.preview.answers import Answer, ask, ask_all, choose
from marquee.dashboards.preview.page import Page, render
from marquee.errors import DatabaseError, ParameterError
from marquee.telemetry.database import Connection, DatabaseUnavailable, connected

_TIMEOUT_S = 30
_MOST_POINTS = 150


def write_preview(dsn: str, out: Path, period: Period, reload_s: float | None = None) -> None:
    """Draw all dashboards of a period to ``out``, whole or not at all.

    The role ``marquee_reader`` suffices. A query that fails is said in its panel. A database
    without the views is a :class:`~marquee.errors.DatabaseError`, a period that ends before it
    begins a :class:`~marquee.errors.ParameterError`.
    """
    if period.since >= period.until:
        raise ParameterError(
            f"a preview since {period.since}: expected it to begin before {period.until}"
        )
    with connected(dsn, application="marquee preview") as connection:
        connection.set_session(readonly=True, autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{_TIMEOUT_S} s'")
        boards = () if _is_empty(connection) else all_dashboards()
        sections = [(board, _answers(connection, board, period)) for board in boards]
        deploys = [(at, what) for at, what, _ in ask(connection, DEPLOYS, period, {}).rows]
    with whole(out) as file:
        page = Page(period, sections, deploys, reload_s)
        file.write_text(render(page), encoding="utf-8")


def watch_preview(dsn: str, out: Path, since: datetime | timedelta, every_s: float) -> None:
    """Write the page anew every so often until interrupted; ``since`` may be how long ago.

    While the database is away the last page stays.
    """
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(every_s)
            until = datetime.now(UTC)
            begin = since if isinstance(since, datetime) else until - since
            with suppress(DatabaseUnavailable):
                write_preview(dsn, out, Period(begin, until), every_s)


def _is_empty(connection: Connection) -> bool:
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT NOT EXISTS (SELECT FROM report.stream WHERE lines > 0)")
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
            raise DatabaseError(
                "the database has no views to draw from; run `marquee telemetry migrate`"
            ) from None
        return cursor.fetchone() == (True,)


def _answers(
    connection: Connection, board: Dashboard, period: Period
) -> Sequence[Sequence[Answer]]:
    values = {**choose(connection, board, period), "window": _window(period)}
    panels = [panel for row in board.rows for panel in row.panels]
    return [ask_all(connection, panel, period, values) for panel in panels]


def _window(period: Period) -> str:
    """Return the shortest of the windows to choose from that gives a curve few enough points."""
    widths = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "6h": 360, "1d": 1440}
    minutes = (period.until - period.since) / timedelta(minutes=1)
    return next((name for name, width in widths.items() if minutes / width <= _MOST_POINTS), "1d")
