"""A comparison as a picture: cost across, quality up, the fairness gap as colour."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

from marquee.errors import ParameterError
from marquee.experiments.comparison import Comparison
from marquee.experiments.configurations import labels

FORMATS = (".html", ".png", ".svg")
TITLES = {
    "fit_seconds": "seconds to fit",
    "predict_us_per_user": "microseconds to recommend to one user",
    "model_bytes": "bytes of the model",
}
_FROM_DATA = alt.Scale(zero=False, padding=20)
_LOGARITHMIC = alt.Scale(type="log", nice=False, padding=60)
_MODEL = alt.Shape("model:N", title="model")
_GAP = alt.Color(
    "gap:Q",
    title="fairness gap",
    scale=alt.Scale(scheme="viridis"),
    legend=alt.Legend(format=".3f"),
)


def save_chart(comparisons: Sequence[Comparison], path: Path) -> None:
    """Draw comparisons, one panel a protocol, to ``.svg``, ``.png`` or a page without network."""
    if path.suffix not in FORMATS:
        raise ParameterError(f"{path}: expected a name that ends in {', '.join(FORMATS)}")
    panels = alt.vconcat(*(_panel(one) for one in comparisons))
    panels.save(path, inline=True) if path.suffix == ".html" else panels.save(path)


def _panel(comparison: Comparison) -> alt.LayerChart:
    base = alt.Chart(alt.Data(values=_points(comparison))).encode(
        x=_across(comparison),
        y=alt.Y("quality:Q", title=_quality(comparison), scale=_FROM_DATA),
        tooltip=["label:N", "quality:Q", "low:Q", "high:Q", "gap:Q", "cost:Q", "verdict:N"],
    )
    front = base.transform_filter("datum.front")
    points = base.mark_point(size=110, filled=True, opacity=1).encode(shape=_MODEL)
    known = points.transform_filter("isValid(datum.gap)").encode(color=_GAP)
    unknown = points.transform_filter("!isValid(datum.gap)").encode(color=alt.value("darkgrey"))
    any_gap = any(row.configuration.gap is not None for row in comparison.rows)
    return alt.layer(
        base.mark_rule(opacity=0.4).encode(y=alt.Y("low:Q"), y2="high:Q"),
        front.mark_circle(size=420, filled=False, color="black", strokeWidth=1.2),
        *([known, unknown] if any_gap else [unknown]),
        front.mark_text(dy=-18, fontSize=10).encode(text="label:N"),
    ).properties(
        width=620,
        height=380,
        title={
            "text": comparison.protocol,
            "subtitle": "ringed: the Pareto front; grey: fairness gap not known",
        },
    )


def _quality(comparison: Comparison) -> str:
    return f"{comparison.metric}, {100 * comparison.confidence:g} % interval"


def _across(comparison: Comparison) -> alt.X:
    """Return the cost axis; the gap's where no cost is known, the models' where no gap is."""
    found = [row.configuration for row in comparison.rows]
    if any(comparison.cost in one.costs for one in found):
        return alt.X("cost:Q", title=TITLES[comparison.cost], scale=_LOGARITHMIC)
    if any(one.gap is not None for one in found):
        axis = alt.Axis(format=".3f")
        return alt.X("gap:Q", title="fairness gap", scale=_FROM_DATA, axis=axis)
    return alt.X("model:N", title="model")


def _points(comparison: Comparison) -> list[dict[str, Any]]:
    found = [row.configuration for row in comparison.rows]
    return [
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
        }
        for row, one, label in zip(comparison.rows, found, labels(found), strict=True)
    ]
