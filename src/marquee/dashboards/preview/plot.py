"""The ground that curves, bars and heat maps are drawn on: axes in HTML, what is drawn in SVG.

The drawing is stretched to its place, so one page fits a phone and a wide screen; lines keep their
width, and texts, which are outside of it, their size.
"""

from collections.abc import Sequence
from datetime import datetime

from marquee.dashboards.macros import Period
from marquee.dashboards.model import Panel
from marquee.dashboards.preview.markup import Markup, element, joined
from marquee.dashboards.preview.numbers import hours

SIZE = 1000
"""Width and height of a drawing, whatever its place."""

Label = tuple[float, str]
"""Where a label stands, as a share of the axis, and what it says."""


def plot(
    drawn: Sequence[Markup], panel: Panel, *, left: Sequence[Label], below: Sequence[Label]
) -> Markup:
    """Return a drawing between its axes, with a line across at each label on the left."""
    lines = [line(0, SIZE * (1 - share), SIZE, SIZE * (1 - share), "grid") for share, _ in left]
    svg = element(
        "svg",
        element("title", panel.title),
        *lines,
        *drawn,
        viewBox=f"0 0 {SIZE} {SIZE}",
        preserveAspectRatio="none",
        role="img",
    )
    longest = max((len(text) for _, text in left), default=0)
    return element(
        "div",
        *_named(panel.axis, "axis"),
        element("div", *_ticks(left, "bottom"), class_="left", style=f"--longest:{longest}"),
        element("div", svg, class_="area"),
        element("div", *_ticks(below, "left"), class_="below"),
        *_named(panel.across, "across"),
        class_="plot",
    )


def _named(title: str | None, kind: str) -> list[Markup]:
    return [element("div", title, class_=kind)] if title else []


def _ticks(labels: Sequence[Label], side: str) -> list[Markup]:
    return [element("span", text, style=f"{side}:{100 * share:.2f}%") for share, text in labels]


def times(period: Period) -> list[Label]:
    """Return the labels of a time axis."""
    found = hours(period.since, period.until)
    return [(across(at, period) / SIZE, text) for at, text in found]


def across(at: datetime, period: Period) -> float:
    """Return where a time lies in a drawing."""
    return SIZE * ((at - period.since) / (period.until - period.since))


def line(x1: float, y1: float, x2: float, y2: float, kind: str, **style: str | None) -> Markup:
    """Return a straight line of one of the classes of the style sheet."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind, **style)


def legend(entries: Sequence[tuple[str, str, str]]) -> Markup:
    """Return a legend of colours, names and values."""
    return element(
        "ul",
        joined(
            [
                element("li", swatch(colour), name, element("b", value))
                for colour, name, value in entries
            ]
        ),
        class_="legend",
    )


def swatch(colour: str) -> Markup:
    """Return a spot of a colour."""
    return element("i", style=f"background:{colour}")
