"""Every query of every dashboard and alert rule, as the reader role, on a day of simulated life."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.macros import Period, expand
from marquee.dashboards.model import Dashboard, Panel, Query
from marquee.dashboards.preview.answers import ask, choose
from marquee.params.load import read_yaml

TIME, TEXT = {1184}, {25, 1043}
NUMBERS = {20, 21, 23, 700, 701, 1700}
"""Types by their number in pg_type: timestamptz; text, varchar; integers, floats, numeric."""

ROOT = Path(__file__).resolve().parents[3]
PANELS = [
    pytest.param(dashboard, panel, id=f"{dashboard.name}-{panel.title}")
    for dashboard in all_dashboards()
    for row in dashboard.rows
    for panel in row.panels
]


def alert_rules() -> list[dict[str, Any]]:
    """The rules that Grafana is given."""
    file = ROOT / "monitoring/grafana/provisioning/alerting/rules.yaml"
    return [rule for group in read_yaml(file)["groups"] for rule in group["rules"]]


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


@pytest.mark.parametrize("file", sorted((ROOT / "dashboards").glob("*.json")), ids=lambda f: f.stem)
def test_deploys_are_marked(reader: Connection, period: Period, file: Path) -> None:
    (deploys,) = json.loads(file.read_text())["annotations"]["list"]
    sql = deploys["target"]["rawSql"]
    types = columns(reader, expand(sql, period, {}))
    assert types["time"] in TIME
    assert {types["text"], types["tags"]} <= TEXT
    assert len(ask(reader, sql, period, {}).rows) == 3


@pytest.mark.parametrize("rule", alert_rules(), ids=lambda rule: rule["uid"])
def test_an_alert_rule_gets_one_number(
    reader: Connection, period: Period, rule: dict[str, Any]
) -> None:
    asked = [data for data in rule["data"] if data["datasourceUid"] == "marquee-telemetry"]
    assert asked
    for data in asked:
        ends = (timedelta(seconds=data["relativeTimeRange"][end]) for end in ("from", "to"))
        since, until = (period.until - before for before in ends)
        sql = data["model"]["rawSql"]
        types = columns(reader, expand(sql, Period(since, until), {}))
        assert set(types.values()) <= NUMBERS
        (row,) = ask(reader, sql, Period(since, until), {}).rows
        assert all(value is not None for value in row)
