"""The page of a database, written once or again and again."""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2.errors

from marquee.artifacts import whole
from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.grafana import DEPLOYS
from marquee.dashboards.macros import Period, Values
from marquee.dashboards.model import Dashboard, Panel
from marquee.dashboards.preview.answers import ask, ask_all, choose
from marquee.dashboards.preview.page import Asked, Page, Section, render
from marquee.errors import DatabaseError, ParameterError
from marquee.telemetry.database import Connection, DatabaseUnavailable, connected

Track = Callable[[Sequence[Dashboard]], Iterable[Dashboard]]

_TIMEOUT_S = 30
_MOST_POINTS = 150
_SPELT = {"1m": "minute", "5m": "5 min", "15m": "15 min", "1h": "hour", "6h": "6 h", "1d": "day"}
_BY_THE_CLOCK = re.compile(r"data_quality_1m|quarantine_1m|freshness")
"""What is dated by when it was written, and not by when it happened."""


def write_preview(
    dsn: str,
    out: Path,
    period: Period,
    *,
    clock: Period | None = None,
    reload_s: float | None = None,
    track: Track = iter,
) -> None:
    """Draw all dashboards of a period to ``out``, whole or not at all.

    Where events do not happen as they are written, ``clock`` is when the writer worked on them.
    ``track`` sees each dashboard as it is drawn, as tqdm does.
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
        asker = _Asker(connection, period, clock or period)
        sections = [Section(board, asker.panels(board)) for board in track(boards)]
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
                write_preview(dsn, out, Period(begin, until), reload_s=every_s)


def _is_empty(connection: Connection) -> bool:
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT NOT EXISTS (SELECT FROM report.stream WHERE lines > 0)")
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
            raise DatabaseError(
                "the database has no views to draw from; run `marquee telemetry migrate`"
            ) from None
        return cursor.fetchone() == (True,)


@dataclass(frozen=True, slots=True)
class _Asker:
    connection: Connection
    period: Period
    clock: Period

    def panels(self, board: Dashboard) -> Sequence[Asked]:
        values = choose(self.connection, board, self.period)
        return [self._ask(panel, values) for row in board.rows for panel in row.panels]

    def _ask(self, panel: Panel, values: Values) -> Asked:
        by_clock = any(_BY_THE_CLOCK.search(query.sql) for query in panel.queries)
        period = self.clock if by_clock else self.period
        window = _window(period)
        answers = ask_all(self.connection, panel, period, {**values, "window": window})
        axis = panel.axis and panel.axis.replace("per window", f"per {_SPELT[window]}")
        return Asked(replace(panel, axis=axis), period, answers)


def _window(period: Period) -> str:
    """Return the shortest of the windows to choose from that gives a curve few enough points."""
    widths = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "6h": 360, "1d": 1440}
    minutes = (period.until - period.since) / timedelta(minutes=1)
    return next((name for name, width in widths.items() if minutes / width <= _MOST_POINTS), "1d")
