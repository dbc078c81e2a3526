"""Queries as panels take them."""

from textwrap import dedent, indent

from marquee.dashboards.model import Query, Series
from marquee.dashboards.palette import ARMS, BLUE

WINDOW_WIDTH = "INTERVAL '${window}'"


def table(sql: str) -> tuple[Query, ...]:
    """Return the query of a panel that shows columns or single numbers."""
    return (Query(sql=dedent(sql).strip()),)


def curves(
    sql: str, *figures: str, by: str | None = None, missing: str = "NULL", width: str = WINDOW_WIDTH
) -> tuple[Query, ...]:
    """Return the query of a panel that draws ``figures`` over time, a point every ``width``.

    ``sql`` finds ``time`` and the figures, of each series once more where ``by`` is its column.
    Points that it does not find between its first and its last become ``missing``: without them a
    line would lead over the gap, as if something was known there.
    """
    of_each = f"CROSS JOIN (SELECT DISTINCT {by} FROM found) AS series\n" if by else ""
    key = f"time, {by}" if by else "time"
    named = f"{by} AS metric" if by else None
    values = [figure if missing == "NULL" else f"coalesce({figure}, {missing}) AS {figure}"
              for figure in figures]  # fmt: skip
    filled = (
        f"WITH found AS (\n{indent(dedent(sql).strip(), '    ')}\n)\n"
        f"SELECT {', '.join(filter(None, ['time', named, *values]))}\n"
        "FROM (\n"
        f"    SELECT generate_series(min(time), max(time), {width}, 'UTC') AS time\n"
        "    FROM found\n"
        ") AS point\n"
        f"{of_each}LEFT JOIN found USING ({key})\n"
        f"ORDER BY {key}"
    )
    return (Query(sql=filled, format="time_series"),)


def cells(sql: str) -> tuple[Query, ...]:
    """Return the query of a heat map: ``time`` and a column for each of its rows."""
    return (Query(sql=dedent(sql).strip(), format="time_series"),)


def quantile(fraction: float) -> str:
    """Return the latency in ms that so much of the requests of summed buckets stays within."""
    return f"report.latency_quantile({fraction}, array_agg(latency_bucket), array_agg(requests))"


def arms() -> tuple[Series, ...]:
    """Return a colour for each variant that is known by name."""
    return tuple(Series(name=name, colour=colour) for name, colour in ARMS.items())


def banded(name: str, colour: str = BLUE) -> tuple[Series, ...]:
    """Return how a figure is drawn between the curves ``low`` and ``high`` of its interval."""
    return (
        Series(name=name, colour=colour),
        Series(name="high", colour=colour, edge=True, filled_to="low"),
        Series(name="low", colour=colour, edge=True),
    )
