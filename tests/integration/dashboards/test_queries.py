"""Every query of every dashboard and alert rule, as the reader role, on a day of simulated life."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.macros import Period, expand
from marquee.dashboards.model import Dashboard, Panel, Query
from marquee.dashboards.preview.answers import ask, choose

TIME, TEXT = {1184}, {25, 1043}
NUMBERS = {20, 21, 23, 700, 701, 1700}
"""Types by their number in pg_type: timestamptz; text, varchar; integers, floats, numeric."""

PANELS = [
    pytest.param(dashboard, panel, id=f"{dashboard.name}-{panel.title}")
    for dashboard in all_dashboards()
    for row in dashboard.rows
    for panel in row.panels
]


@pytest.fixture(
    scope="module", params=["day", pytest.param("timescale_day", marks=pytest.mark.timescale)]
)
def reader(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection to a healthy day."""
    with closing(psycopg2.connect(request.getfixturevalue(request.param))) as connection:
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
    reader: Connection, period: Period, dashboard: Dashboard, panel: Panel
) -> None:
    values = choose(reader, dashboard, period)
    for query in panel.queries:
        types = columns(reader, expand(query.sql, period, values))
        expect_drawable(panel, query, types)
        answer = ask(reader, query.sql, period, values)
        assert answer.rows or panel.empty
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
        assert {series.name for series in panel.series} & set(names)


@pytest.mark.parametrize("dashboard", all_dashboards(), ids=lambda dashboard: dashboard.name)
def test_each_variable_has_something_to_choose(
    reader: Connection, period: Period, dashboard: Dashboard
) -> None:
    chosen = choose(reader, dashboard, period)
    assert set(chosen) == {variable.name for variable in dashboard.variables}
    assert all(chosen.values())
