"""What the database answers to the queries of dashboards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2

from marquee.dashboards.macros import Period, Values, expand
from marquee.dashboards.model import Dashboard, Panel, Variable
from marquee.telemetry.database import Connection, first_line


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows and the names of their columns; or, of a query that the database refused, its error."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    error: str | None = None


def ask(connection: Connection, sql: str, period: Period, values: Values) -> Answer:
    """Run one query of a dashboard; what the database says against it is the answer's error."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(expand(sql, period, values))
            columns = [column.name for column in cursor.description or ()]
            return Answer(columns, cursor.fetchall())
        except psycopg2.OperationalError as error:
            if connection.closed:
                raise
            return Answer((), (), first_line(error))
        except psycopg2.Error as error:
            return Answer((), (), first_line(error))


def ask_all(
    connection: Connection, panel: Panel, period: Period, values: Values
) -> tuple[Answer, ...]:
    """Run the queries of a panel."""
    return tuple(ask(connection, query.sql, period, values) for query in panel.queries)


def choose(connection: Connection, dashboard: Dashboard, period: Period) -> Mapping[str, Any]:
    """Return what Grafana chooses of each variable at first: the default, all, or the first."""
    values: dict[str, str | Sequence[str]] = {}
    for variable in dashboard.variables:
        values[variable.name] = _choice(connection, variable, period, values)
    return values


def _choice(
    connection: Connection, variable: Variable, period: Period, values: Values
) -> str | Sequence[str]:
    options: Sequence[str] = variable.options
    if variable.sql:
        options = [str(row[0]) for row in ask(connection, variable.sql, period, values).rows]
    if variable.many:
        return options
    return variable.default or next(iter(options), "")
