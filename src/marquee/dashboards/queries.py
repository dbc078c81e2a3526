"""Queries as panels take them."""

from textwrap import dedent

from marquee.dashboards.model import Query, Series
from marquee.dashboards.palette import ARMS, BLUE


def table(sql: str) -> tuple[Query, ...]:
    """Return the query of a panel that shows columns or single numbers."""
    return (Query(sql=dedent(sql).strip()),)


def curves(sql: str) -> tuple[Query, ...]:
    """Return the query of a panel that draws over time."""
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
