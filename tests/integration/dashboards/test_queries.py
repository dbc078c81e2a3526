"""Every query of every dashboard and alert rule, as the reader role, on a day of simulated life."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.macros import Period, expand
from marquee.dashboards.model import Dashboard, Panel, Query
from marquee.dashboards.preview.answers import ask, choose

from ...seed import seed_database
from ...servers import execute, fresh_database, with_schema

END = datetime.now(UTC).replace(second=0, microsecond=0)
PERIOD = Period(END - timedelta(days=1), END)
TIMEOUT_MS = 20_000
TIME, TEXT = {1184}, {25, 1043}
NUMBERS = {20, 21, 23, 700, 701, 1700}
"""Types by their number in pg_type: timestamptz; text, varchar; integers, floats, numeric."""
EMPTY_WHEN_WELL = {"Alerts"}

PANELS = [
    pytest.param(dashboard, panel, id=f"{dashboard.name}-{panel.title}")
    for dashboard in all_dashboards()
    for row in dashboard.rows
    for panel in row.panels
]


@pytest.fixture(
    scope="module",
    params=["postgres", pytest.param("timescale_server", marks=pytest.mark.timescale)],
)
def reader(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection as the role that Grafana has, to a healthy day."""
    with fresh_database(request.getfixturevalue(request.param)) as dsn:
        with_schema(dsn)
        if request.param == "timescale_server":
            execute(dsn, "SELECT _timescaledb_functions.stop_background_workers()")
        seed_database(dsn, end=END)
        options = f"-c role=marquee_reader -c statement_timeout={TIMEOUT_MS} -c timezone=UTC"
        with closing(psycopg2.connect(dsn, options=options)) as connection:
            connection.autocommit = True
            yield connection


def columns(connection: Connection, sql: str) -> dict[str, int]:
    """The type of each column, and that there are rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.description
        return {column.name: column.type_code for column in cursor.description}


@pytest.mark.parametrize(("dashboard", "panel"), PANELS)
def test_a_panel_gets_rows_of_types_that_it_can_draw(
    reader: Connection, dashboard: Dashboard, panel: Panel
) -> None:
    values = choose(reader, dashboard, PERIOD)
    for query in panel.queries:
        types = columns(reader, expand(query.sql, PERIOD, values))
        expect_drawable(panel, query, types)
        answer = ask(reader, query.sql, PERIOD, values)
        assert answer.rows or panel.title in EMPTY_WHEN_WELL
        assert not answer.rows or any(value is not None for row in answer.rows for value in row)


def expect_drawable(panel: Panel, query: Query, types: dict[str, int]) -> None:
    names = list(types)
    assert len(set(names)) == len(names)
    if query.format == "time_series":
        assert types.pop("time") in TIME
        assert types.pop("metric", 25) in TEXT
        assert types
        assert set(types.values()) <= NUMBERS
    elif panel.kind in ("stat", "bar gauge"):
        assert set(types.values()) & (NUMBERS | TIME)
    elif panel.kind == "bar chart":
        assert panel.labels in names
        assert {code for name, code in types.items() if name != panel.labels} <= NUMBERS
    else:
        assert {series.name for series in panel.series} <= set(names)


@pytest.mark.parametrize("dashboard", all_dashboards(), ids=lambda dashboard: dashboard.name)
def test_each_variable_has_something_to_choose(reader: Connection, dashboard: Dashboard) -> None:
    chosen = choose(reader, dashboard, PERIOD)
    assert set(chosen) == {variable.name for variable in dashboard.variables}
    assert all(chosen.values())
