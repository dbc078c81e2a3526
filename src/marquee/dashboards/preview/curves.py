"""Curves, bands and stacks over time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from marquee.dashboards.macros import Period
from marquee.dashboards.model import Panel
from marquee.dashboards.preview.frames import Curve
from marquee.dashboards.preview.markup import Markup, element, joined
from marquee.dashboards.preview.numbers import NOTHING, marks, spell
from marquee.dashboards.preview.plot import SIZE, across, legend, line, plot, times

Deploys = Sequence[tuple[datetime, str]]
"""When what was put into service."""
_Points = Sequence[tuple[float, float | None]]
_Edge = tuple[float, float | None, float | None]
_DASH = 12


def draw_curves(panel: Panel, curves: Sequence[Curve], period: Period, deploys: Deploys) -> Markup:
    """Draw the series of a panel; each moment tells its values when pointed at."""
    drawn = _stacked(curves) if panel.stacked else list(curves)
    ticks = _ticks(panel, drawn)
    low, high = ticks[0], ticks[-1]

    def up(value: float) -> float:
        return SIZE * (1 - (value - low) / (high - low))

    def points(curve: Curve) -> _Points:
        return [
            (across(at, period), None if value is None else up(value)) for at, value in curve.points
        ]

    by_name = {curve.name: curve for curve in drawn}
    parts: list[Markup] = []
    for number, curve in enumerate(drawn):
        if panel.stacked:
            floor = points(drawn[number - 1]) if number else [(x, SIZE) for x, _ in points(curve)]
            parts += _areas(points(curve), floor, curve, "stack")
        elif curve.style.filled_to in by_name:
            parts += _areas(points(curve), points(by_name[curve.style.filled_to]), curve, "band")
    parts += [
        line(0, up(step.at), SIZE, up(step.at), "limit", stroke=step.colour)
        for step in panel.steps
        if step.at is not None and low <= step.at <= high
    ]
    lines = [] if panel.stacked else [curve for curve in drawn if not curve.style.edge]
    parts += [_path(points(curve), curve) for curve in lines]
    parts += [_deploy(across(at, period), what) for at, what in deploys if period.since <= at]
    parts += _tellers(panel, curves, period)
    left = [((tick - low) / (high - low), spell(tick, panel.unit)) for tick in ticks]
    picture = plot(parts, panel, left=left, below=times(period))
    return joined([picture, _legend(panel, curves)])


def _ticks(panel: Panel, curves: Sequence[Curve]) -> list[float]:
    values = [value for curve in curves for value in curve.values] or [0.0]
    low = min(values) if panel.minimum is None else panel.minimum
    high = max(values) if panel.maximum is None else panel.maximum
    return marks(low, high, panel.unit)


def _stacked(curves: Sequence[Curve]) -> list[Curve]:
    """Return the curves on top of each other: what one does not tell is 0, what none tells None."""
    moments = sorted({at for curve in curves for at, _ in curve.points})
    known = {at for curve in curves for at, value in curve.points if value is not None}
    total = {at: 0.0 if at in known else None for at in moments}
    stacked = []
    for curve in curves:
        for at, value in curve.points:
            if value is not None:
                total[at] = (total[at] or 0) + value
        stacked.append(replace(curve, points=[(at, total[at]) for at in moments]))
    return stacked


def _areas(top: _Points, floor: _Points, curve: Curve, kind: str) -> Iterator[Markup]:
    """Fill what lies between two lines, apart on each side of what is not known."""
    pairs = [(x, y, base) for (x, y), (_, base) in zip(top, floor, strict=False)]
    for known, run in groupby(pairs, lambda pair: pair[1] is not None and pair[2] is not None):
        if known:
            edges = _widened(list(run))
            outline = [(x, y) for x, y, _ in edges] + [(x, base) for x, _, base in reversed(edges)]
            corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in outline)
            yield element("polygon", points=corners, fill=curve.colour, class_=kind)


def _widened(edges: list[_Edge]) -> list[_Edge]:
    """Give a point alone a width, so that it can be seen."""
    if len(edges) > 1:
        return edges
    ((x, y, base),) = edges
    return [(x - _DASH / 2, y, base), (x + _DASH / 2, y, base)]


def _path(points: _Points, curve: Curve) -> Markup:
    steps = "".join(_pieces(points))
    kind = "curve dashed" if curve.style.dashed else "curve"
    return element("path", d=steps, stroke=curve.colour, class_=kind)


def _pieces(points: _Points) -> Iterator[str]:
    """Break where nothing is known; a point between two such places becomes a dash."""
    known = [y is not None for _, y in points]
    for (x, y), before, after in zip(points, [False, *known], [*known[1:], False], strict=False):
        if y is not None:
            lone = not before and not after
            begin = x - _DASH / 2 if lone else x
            end = f"h{_DASH}" if lone else ""
            yield f"{'L' if before else 'M'}{begin:.1f} {y:.1f}{end}"


def _deploy(x: float, what: str) -> Markup:
    return element("g", element("title", what), line(x, 0, x, SIZE, "deploy"))


def _tellers(panel: Panel, curves: Sequence[Curve], period: Period) -> list[Markup]:
    moments = sorted({at for curve in curves for at, _ in curve.points})
    known = {curve.name: dict(curve.points) for curve in curves}
    tellers = []
    for at, following in zip(moments, [*moments[1:], period.until], strict=True):
        said = [
            f"{curve.label}: {spell(known[curve.name].get(at), panel.unit, panel.decimals)}"
            for curve in curves
        ]
        x = max(0.0, across(at, period))
        width = max(1.0, min(across(following, period), SIZE) - x)
        text = element("title", "\n".join([spell(at, "time"), *said]))
        tellers.append(element("rect", text, x=x, y=0, width=width, height=SIZE, class_="teller"))
    return tellers


def _legend(panel: Panel, curves: Sequence[Curve]) -> Markup:
    return legend(
        [
            (
                curve.colour,
                curve.label,
                spell(curve.values[-1], panel.unit, panel.decimals) if curve.values else NOTHING,
            )
            for curve in curves
            if not curve.style.edge
        ]
    )
