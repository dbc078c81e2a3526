"""Answers as what is drawn: curves over time, one for each series."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from typing import Any

from marquee.dashboards.model import Panel, Series
from marquee.dashboards.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from marquee.dashboards.preview.answers import Answer

_OTHERS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, GREY)
_TURN = 137.508
"""Degrees of the golden angle: hues that it parts lie as far from each other as they can."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A series: its points in order of time, None where nothing is known."""

    name: str
    colour: str
    style: Series
    points: Sequence[tuple[datetime, float | None]]

    @property
    def values(self) -> list[float]:
        """What is known."""
        return [value for _, value in self.points if value is not None]

    @property
    def label(self) -> str:
        """What it is called on the page."""
        return self.style.label or self.name


def curves_of(panel: Panel, answers: Sequence[Answer]) -> list[Curve]:
    """Return the series of a panel in the order of its queries, each with a colour of its own."""
    found: dict[str, list[tuple[datetime, float | None]]] = {}
    for answer in answers:
        for row in answer.rows:
            cells = dict(zip(answer.columns, row, strict=True))
            at, metric = cells.pop("time"), cells.pop("metric", None)
            for column, value in cells.items():
                name = _name(column, metric, len(cells))
                found.setdefault(name, []).append((at, number(value)))
    styles = {series.name: series for series in panel.series}
    taken = {style.colour for name, style in styles.items() if name in found}
    free = chain((colour for colour in _OTHERS if colour not in taken), _more())
    curves = []
    for name, points in found.items():
        style = styles.get(name, Series(name=name))
        colour = style.colour or next(free)
        curves.append(Curve(name, colour, style, sorted(points, key=lambda point: point[0])))
    return curves


def _more() -> Iterator[str]:
    """Return colours for more series than the palette has."""
    for number in count():
        saturation, lightness = (45, 75)[number % 2], (38, 62)[number // 2 % 2]
        yield f"hsl({number * _TURN % 360:.1f} {saturation}% {lightness}%)"


def _name(column: str, metric: str | None, columns: int) -> str:
    if metric is None:
        return column
    return metric if columns == 1 else f"{column} {metric}"


def number(value: Any) -> float | None:
    """Return a cell as a number, None where it is none."""
    if value is None or isinstance(value, str | bool | datetime):
        return None
    return float(value) if math.isfinite(value) else None
