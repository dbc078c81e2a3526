"""Heat maps and bars."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from marquee.dashboards.macros import Period
from marquee.dashboards.model import Panel, Series, Step
from marquee.dashboards.palette import BLUE
from marquee.dashboards.preview.answers import Answer
from marquee.dashboards.preview.frames import Curve, number
from marquee.dashboards.preview.markup import Markup, element, joined
from marquee.dashboards.preview.numbers import marks, spell
from marquee.dashboards.preview.plot import SIZE, across, legend, plot, times

_MOST_LABELS = 10


def draw_heat(panel: Panel, curves: Sequence[Curve], period: Period) -> Markup:
    """Draw a cell a moment and series, the darker (on dark: the lighter) the more."""
    most = max((value for curve in curves for value in curve.values), default=0)
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
        if value and value > 0
    ]
    every = -(-len(curves) // _MOST_LABELS)
    left = [
        ((place + 0.5) / len(curves), curve.label)
        for place, curve in enumerate(curves)
        if place % every == 0
    ]
    return plot(cells, panel, left=left, below=times(period))


def draw_bars(panel: Panel, answer: Answer) -> Markup:
    """Draw a bar a row: upright where labels are numbers, with names beside them elsewhere."""
    labels, columns = _bars(panel, answer)
    upright = all(label.replace(".", "", 1).isdigit() for label in labels)
    if not upright or len(columns) != 1:
        return draw_gauge(panel, answer)
    column = columns[0]
    values = [number(row[answer.columns.index(column.name)]) or 0 for row in answer.rows]
    ticks = marks(panel.minimum or 0, panel.maximum or max(values, default=0), panel.unit)
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
    return plot(bars, panel, left=left, below=below)


def draw_gauge(panel: Panel, answer: Answer) -> Markup:
    """Draw lying bars with their names and values; those of one row stand together."""
    labels, columns = _bars(panel, answer)
    rows = [[number(row[answer.columns.index(c.name)]) for c in columns] for row in answer.rows]
    most = panel.maximum or max((abs(v) for row in rows for v in row if v), default=1.0)
    if not panel.labels and len(rows) == 1:  # a bar a column
        labels = [column.label or column.name for column in columns]
        drawn = [
            _group(panel, label, [value], [column], most)
            for label, value, column in zip(labels, rows[0], columns, strict=True)
        ]
        return element("div", *drawn, class_="bars")
    drawn = [
        _group(panel, label, row, columns, most) for label, row in zip(labels, rows, strict=True)
    ]
    named = [(_colour(panel, None, c), c.label or c.name, "") for c in columns]
    parts = [legend(named)] if len(columns) > 1 else []
    return joined([element("div", *drawn, class_="bars"), *parts])


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


def _group(
    panel: Panel, label: str, row: Sequence[float | None], columns: Sequence[Series], most: float
) -> Markup:
    cells = list(zip(row, columns, strict=True))
    return element(
        "div",
        element("span", label),
        element("div", *[_bar(_colour(panel, v, c), abs(v or 0) / most) for v, c in cells]),
        element("div", *[element("b", _said(panel, v, c)) for v, c in cells]),
    )


def _bar(colour: str, share: float) -> Markup:
    return element("i", style=f"width:{100 * min(1, share):.1f}%;background:{colour}")


def _colour(panel: Panel, value: float | None, style: Series) -> str:
    return style.colour or colour_of(value, style.steps or panel.steps) or BLUE


def _said(panel: Panel, value: float | None, style: Series) -> str:
    decimals = panel.decimals if style.decimals is None else style.decimals
    return spell(value, style.unit or panel.unit, decimals)


def colour_of(value: float | None, steps: Sequence[Step]) -> str | None:
    """Return the colour of the last step that a value has reached."""
    reached = [s.colour for s in steps if value is not None and (s.at is None or value >= s.at)]
    return reached[-1] if reached else None
