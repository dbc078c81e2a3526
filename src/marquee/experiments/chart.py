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
_FROM_DATA = alt.Scale(zero=False)


def save_chart(comparisons: Sequence[Comparison], path: Path) -> None:
    """Draw comparisons, one panel a protocol, to ``.svg``, ``.png`` or a page without network."""
    if path.suffix not in FORMATS:
        raise ParameterError(f"{path}: expected a name that ends in {', '.join(FORMATS)}")
    panels = alt.vconcat(*(_panel(one) for one in comparisons)).resolve_scale(color="independent")
    panels.save(path, inline=True) if path.suffix == ".html" else panels.save(path)


def _panel(comparison: Comparison) -> alt.LayerChart:
    across = _across(comparison)
    base = alt.Chart(alt.Data(values=_points(comparison))).encode(
        x=across,
        y=alt.Y("quality:Q", title=f"{comparison.metric}, 95 % interval", scale=_FROM_DATA),
        tooltip=["label:N", "quality:Q", "low:Q", "high:Q", "gap:Q", "cost:Q", "verdict:N"],
    )
    front = base.transform_filter("datum.front")
    return alt.layer(
        base.mark_rule(opacity=0.4).encode(y="low:Q", y2="high:Q"),
        front.mark_line(color="grey", strokeDash=[4, 3]),
        base.mark_point(size=110, filled=True, opacity=1).encode(
            color=alt.Color("gap:Q", title="fairness gap", scale=alt.Scale(scheme="viridis")),
            shape=alt.Shape("model:N", title="model"),
        ),
        front.mark_text(dy=-12, fontSize=10).encode(text="label:N"),
    ).properties(width=620, height=380, title=f"{comparison.protocol} (dashed: the Pareto front)")


def _across(comparison: Comparison) -> alt.X:
    """Return the cost axis, or the gap's where no cost is known."""
    if any(comparison.cost in row.configuration.costs for row in comparison.rows):
        return alt.X("cost:Q", title=TITLES[comparison.cost], scale=alt.Scale(type="log"))
    return alt.X("gap:Q", title="fairness gap", scale=_FROM_DATA)


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
