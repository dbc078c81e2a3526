"""Heat maps and bars."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from marquee.dashboards.macros import Period
from marquee.dashboards.model import Panel, Series, Step
from marquee.dashboards.palette import BLUE
from marquee.dashboards.preview.answers import Answer
from marquee.dashboards.preview.frames import Curve, number
from marquee.dashboards.preview.markup import Markup, element
from marquee.dashboards.preview.numbers import marks, spell
from marquee.dashboards.preview.plot import SIZE, across, plot, times

_MOST_LABELS = 8


def draw_heat(panel: Panel, curves: Sequence[Curve], period: Period) -> Markup:
    """Draw a cell a moment and series, the darker (on dark: the lighter) the more."""
    most = max((value for curve in curves for value in curve.values), default=0) or 1
    moments = sorted({at for curve in curves for at, _ in curve.points})
    places = [across(at, period) for at in moments]
    width = median([b - a for a, b in pairwise(places)] or [SIZE])
    height = SIZE / max(1, len(curves))
    cells = [
        element(
            "rect",
            element("title", f"{spell(at, 'time')}\n{curve.label}: {spell(value, panel.unit)}"),
            x=across(at, period),
            y=SIZE - (place + 1) * height,
            width=width,
            height=height,
            fill=BLUE,
            fill_opacity=0.12 + 0.88 * (value / most) ** 0.5,
        )
        for place, curve in enumerate(curves)
        for at, value in curve.points
        if value
    ]
    every = -(-len(curves) // _MOST_LABELS)
    left = [
        ((place + 0.5) / len(curves), curve.label)
        for place, curve in enumerate(curves)
        if place % every == 0
    ]
    return plot(cells, name=panel.title, left=left, below=times(period))


def draw_bars(panel: Panel, answer: Answer) -> Markup:
    """Draw a bar a row: upright where labels are numbers, with names beside them elsewhere."""
    labels, columns = _bars(panel, answer)
    upright = all(label.replace(".", "", 1).isdigit() for label in labels)
    if not upright or len(columns) != 1:
        return draw_gauge(panel, answer)
    column = columns[0]
    values = [number(row[answer.columns.index(column.name)]) or 0 for row in answer.rows]
    ticks = marks(panel.minimum or 0, panel.maximum or max(values, default=0))
    low, high = ticks[0], ticks[-1]
    width = SIZE / max(1, len(values))
    bars = [
        element(
            "rect",
            element("title", f"{label}: {spell(value, panel.unit, panel.decimals)}"),
            x=(place + 0.1) * width,
            y=SIZE * (1 - (value - low) / (high - low)),
            width=0.8 * width,
            height=SIZE * (value - low) / (high - low),
            fill=column.colour or BLUE,
        )
        for place, (label, value) in enumerate(zip(labels, values, strict=True))
    ]
    every = -(-len(labels) // _MOST_LABELS)
    below = [((i + 0.5) * width / SIZE, text) for i, text in enumerate(labels) if i % every == 0]
    left = [((tick - low) / (high - low), spell(tick, panel.unit)) for tick in ticks]
    return plot(bars, name=panel.title, left=left, below=below)


def draw_gauge(panel: Panel, answer: Answer) -> Markup:
    """Draw lying bars, a row and column of numbers each, with their names and values."""
    labels, columns = _bars(panel, answer)
    entries = [
        (
            label if len(columns) == 1 else f"{label} {column.label or column.name}".strip(),
            number(row[answer.columns.index(column.name)]),
            column,
        )
        for label, row in zip(labels, answer.rows, strict=True)
        for column in columns
    ]
    most = panel.maximum or max((abs(value) for _, value, _ in entries if value), default=1.0)
    return element("div", *[_bar(panel, *entry, most) for entry in entries], class_="bars")


def _bars(panel: Panel, answer: Answer) -> tuple[list[str], list[Series]]:
    """Return what rows are called, and the columns that have bars."""
    first = answer.rows[0] if answer.rows else ()
    named = panel.labels or next(
        (name for name, cell in zip(answer.columns, first, strict=False) if isinstance(cell, str)),
        None,
    )
    styles = {series.name: series for series in panel.series}
    columns = [
        styles.get(name, Series(name=name))
        for name in answer.columns
        if name != named and _may_be_numbers(answer, name)
    ]
    place = answer.columns.index(named) if named else None
    labels = ["" if place is None else spell(row[place], "text") for row in answer.rows]
    return labels, columns


def _may_be_numbers(answer: Answer, name: str) -> bool:
    cells = [row[list(answer.columns).index(name)] for row in answer.rows]
    return all(cell is None or number(cell) is not None for cell in cells)


def _bar(panel: Panel, label: str, value: float | None, style: Series, most: float) -> Markup:
    colour = style.colour or colour_of(value, style.steps or panel.steps) or BLUE
    share = min(1, abs(value or 0) / most)
    said = spell(value, style.unit or panel.unit, _first(style.decimals, panel.decimals))
    return element(
        "div",
        element("span", label or style.label or style.name),
        element("div", element("i", style=f"width:{100 * share:.1f}%;background:{colour}")),
        element("b", said),
    )


def colour_of(value: float | None, steps: Sequence[Step]) -> str | None:
    """Return the colour of the last step that a value has reached."""
    reached = [s.colour for s in steps if value is not None and (s.at is None or value >= s.at)]
    return reached[-1] if reached else None


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one
