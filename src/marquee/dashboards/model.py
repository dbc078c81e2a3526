"""What a dashboard is: panels in rows, each with its queries and all it takes to draw them."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["time series", "stat", "table", "bar gauge", "bar chart", "heat map"]
Unit = Literal[
    "count", "share", "ratio", "per hour", "per second", "ms", "s", "bytes", "time", "text"
]  # fmt: skip
"""``share`` is a part of 1, shown in percent; ``time`` is a moment; ``ratio`` a multiple."""
NO_ROWS = "No data in this period"

COLUMNS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """SQL with Grafana's macros and variables.

    Of a ``time_series`` the columns are ``time``, optionally ``metric`` (what the series is
    called), and one or more of numbers, each a series named by its column where there is no
    metric. A ``table`` is drawn column by column.
    """

    sql: str
    format: Literal["time_series", "table"] = "table"
    ref_id: str = "A"


@dataclass(frozen=True, slots=True)
class Step:
    """From a value on (None: from below everything) things have this colour."""

    at: float | None
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """How the series or column of one name is drawn, where it differs from its panel.

    ``filled_to`` names the series at the other edge of a band; the edges have no lines.
    ``steps`` colour a column's cells by number, ``states`` by text.
    """

    name: str
    colour: str | None = None
    label: str | None = None
    unit: Unit | None = None
    decimals: int | None = None
    dashed: bool = False
    edge: bool = False
    filled_to: str | None = None
    steps: tuple[Step, ...] = ()
    states: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture. ``description`` says what it means and what to do.

    ``steps`` colour a stat, bars and gauges; on a time series each is a line across. ``labels``
    is the column that names the bars of a chart. A heat map has a column for each of its rows,
    from the lowest up. ``leads_to`` names the dashboard that tells more. ``empty`` says what it
    means that a query finds no rows, where that is no fault. ``axis`` and ``across`` say what the
    axes upwards and across count, where a unit does not.
    """

    title: str
    description: str
    kind: Kind
    queries: tuple[Query, ...]
    unit: Unit = "count"
    decimals: int | None = None
    width: int = 12
    height: int = 8
    minimum: float | None = None
    maximum: float | None = None
    steps: tuple[Step, ...] = ()
    series: tuple[Series, ...] = ()
    stacked: bool = False
    labels: str | None = None
    leads_to: str | None = None
    empty: str | None = None
    axis: str | None = None
    across: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading, from left to right and on to the next line."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What the user chooses at the top: of ``options``, or of what the query ``sql`` finds.

    Where ``many`` may be chosen the default is all.
    """

    name: str
    label: str
    description: str
    sql: str | None = None
    options: tuple[str, ...] = ()
    default: str | None = None
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A page; ``name`` is that of its file, and ``marquee-NAME`` its uid."""

    name: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]

    @property
    def uid(self) -> str:
        """The name that links and pushes know it by."""
        return f"marquee-{self.name}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel or a row's heading, with its number and its place in a grid of 24 columns."""

    id: int
    item: Panel | Row
    x: int
    y: int
    width: int
    height: int


def place(dashboard: Dashboard) -> tuple[Placed, ...]:
    """Lay out a dashboard: rows from the top, their panels from the left, no two overlapping."""
    placed: list[Placed] = []
    bottom = 0
    for row in dashboard.rows:
        placed.append(Placed(len(placed) + 1, row, 0, bottom, COLUMNS, 1))
        x, y, bottom = 0, bottom + 1, bottom + 1
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, bottom
            placed.append(Placed(len(placed) + 1, panel, x, y, panel.width, panel.height))
            x, bottom = x + panel.width, max(bottom, y + panel.height)
    return tuple(placed)
