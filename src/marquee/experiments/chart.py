"""A comparison as a picture: cost across, quality up, the fairness gap as colour.

Its texts are large for its width, so that it can be read on a phone, too. Configurations of the
front have numbers, which a key below spells out: their names would run into each other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

from marquee.errors import ParameterError
from marquee.experiments.comparison import Comparison
from marquee.experiments.configurations import labels
from marquee.experiments.spread import beside, pixels, range_of

FORMATS = (".html", ".png", ".svg")
TITLES = {
    "fit_seconds": "seconds to fit",
    "predict_us_per_user": "microseconds to recommend to one user",
    "model_bytes": "bytes of the model",
}
WIDTH, HEIGHT = 420, 320
_LINE = 21
_NUMBER, _SIZE = ".3~r", ".3~s"
_HEAD = """<head>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body #vis.vega-embed { display: block; max-width: 1000px; }
body #vis.vega-embed svg.marks { width: 100%; height: auto; }
</style>"""
"""It fits the picture to the width of the screen."""
_MODEL = alt.Shape("model:N", title="model")
_GAP = alt.Color(
    "gap:Q",
    title="fairness gap",
    scale=alt.Scale(scheme="viridis"),
    legend=alt.Legend(format=_NUMBER, gradientLength=150, tickCount=3),
)


def save_chart(comparisons: Sequence[Comparison], path: Path) -> None:
    """Draw comparisons, one panel a protocol, to ``.svg``, ``.png`` or a page without network."""
    if path.suffix not in FORMATS:
        raise ParameterError(f"{path}: expected a name that ends in {', '.join(FORMATS)}")
    panels = [part for one in comparisons for part in _parts(one)]
    chart = (
        alt.vconcat(*panels)
        .configure_axis(labelFontSize=15, titleFontSize=15, titleFontWeight="normal", tickCount=6)
        .configure_legend(
            orient="top", labelFontSize=15, titleFontSize=15, labelLimit=0, titleLimit=0
        )
        .configure_title(anchor="start", fontSize=17, subtitleFontSize=15)
    )
    if path.suffix == ".html":
        page = chart.to_html(inline=True, embed_options={"renderer": "svg", "actions": False})
        path.write_text(page.replace("<head>", _HEAD, 1), encoding="utf-8")
    elif path.suffix == ".png":
        chart.save(path, scale_factor=2)
    else:
        chart.save(path)


def _parts(comparison: Comparison) -> list[alt.Chart | alt.LayerChart]:
    points = _points(comparison)
    key = [point for point in points if point["number"]]
    return [_panel(comparison, points), *([_key(key)] if key else [])]


def _panel(comparison: Comparison, points: list[dict[str, Any]]) -> alt.LayerChart:
    base = alt.Chart(alt.Data(values=points)).encode(
        x=_across(comparison, points),
        y=_up(comparison, points),
        tooltip=["label:N", "quality:Q", "low:Q", "high:Q", "gap:Q", "cost:Q", "verdict:N"],
    )
    front = base.transform_filter("datum.front")
    marks = base.mark_point(size=120, filled=True, opacity=1).encode(shape=_MODEL)
    known = marks.transform_filter("isValid(datum.gap)").encode(color=_GAP)
    unknown = marks.transform_filter("!isValid(datum.gap)").encode(color=alt.value("darkgrey"))
    any_gap = any(point["gap"] is not None for point in points)
    numbers = [
        front.transform_filter(f"datum.number == {point['number']}")
        .mark_text(dx=point["dx"], dy=point["dy"], fontSize=15, fontWeight="bold")
        .encode(text="number:N")
        for point in points
        if point["number"]
    ]
    return alt.layer(
        base.mark_rule(opacity=0.4).encode(y=alt.Y("low:Q"), y2="high:Q"),
        front.mark_circle(size=420, filled=False, color="black", strokeWidth=1.2),
        *([known, unknown] if any_gap else [unknown]),
        *numbers,
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        title={
            "text": comparison.protocol,
            "subtitle": "ringed: the Pareto front; grey: fairness gap not known",
        },
    )


def _key(points: list[dict[str, Any]]) -> alt.Chart:
    """Spell out what the numbers of a panel stand for, one line each."""
    return (
        alt.Chart(alt.Data(values=points))
        .mark_text(align="left", fontSize=15, limit=0)
        .encode(x=alt.value(0), y=alt.Y("number:O", axis=None), text="line:N")
        .properties(
            width=WIDTH,
            height=_LINE * len(points),
            view=alt.ViewBackground(stroke=None),
        )
    )


def _up(comparison: Comparison, points: list[dict[str, Any]]) -> alt.Y:
    title = f"{comparison.metric}, {100 * comparison.confidence:g} % interval"
    scale = alt.Scale(domain=_heights(points), nice=False, zero=False)
    return alt.Y("quality:Q", title=title, scale=scale, axis=alt.Axis(format=_NUMBER))


def _across(comparison: Comparison, points: list[dict[str, Any]]) -> alt.X:
    """Return the cost axis; the gap's where no cost is known, the models' where no gap is."""
    field = _field(points)
    if field == "model":
        return alt.X("model:N", title="model", axis=alt.Axis(labelAngle=0))
    is_cost = field == "cost"
    form = _SIZE if is_cost and comparison.cost == "model_bytes" else _NUMBER
    return alt.X(
        f"{field}:Q",
        title=TITLES[comparison.cost] if is_cost else "fairness gap",
        scale=alt.Scale(
            type="log" if is_cost else "linear",
            domain=range_of([point[field] for point in points], log=is_cost),
            nice=False,
            zero=False,
        ),
        axis=alt.Axis(format=form, labelOverlap=True, labelFlush=False, grid=not is_cost),
    )


def _field(points: list[dict[str, Any]]) -> str:
    given = ("cost", "gap")
    return next((name for name in given if any(p[name] is not None for p in points)), "model")


def _heights(points: list[dict[str, Any]]) -> list[float]:
    return range_of([point[name] for point in points for name in ("quality", "low", "high")])


def _points(comparison: Comparison) -> list[dict[str, Any]]:
    found = [row.configuration for row in comparison.rows]
    points = [
        {
            "label": label,
            "model": one.model,
            "quality": one.quality,
            "low": one.low,
            "high": one.high,
            "gap": one.gap,
            "cost": one.costs.get(comparison.cost),
            "verdict": row.verdict,
            "front": bool(row.on_front),
            "number": None,
        }
        for row, one, label in zip(comparison.rows, found, labels(found), strict=True)
    ]
    front = [point for point in points if point["front"]]
    for number, point in enumerate(front, 1):
        point |= {"number": number, "line": _line(number, point)}
    _place(points)
    return points


def _line(number: int, point: dict[str, Any]) -> str:
    figures = [f"{point['quality']:.4f}"]
    figures += [f"gap {point['gap']:.3f}"] if point["gap"] is not None else []
    return f"{number}. {point['label']}: {', '.join(figures)}"


def _place(points: list[dict[str, Any]]) -> None:
    """Give each number a place beside its point where there is room."""
    field = _field(points)
    drawn = [point for point in points if point[field] is not None]
    if field == "model":
        names = sorted({point["model"] for point in points})
        xs = [(names.index(point["model"]) + 0.5) / len(names) * WIDTH for point in drawn]
    else:
        xs = pixels([point[field] for point in drawn], WIDTH, log=field == "cost")
    low, high = _heights(points)
    ys = [HEIGHT * (high - point["quality"]) / (high - low) for point in drawn]
    spots = list(zip(xs, ys, strict=True))
    front = [place for place, point in enumerate(drawn) if point["number"]]
    for place, (dx, dy) in zip(front, beside(spots, front), strict=True):
        drawn[place] |= {"dx": dx, "dy": dy}
