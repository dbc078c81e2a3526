"""The pictures of an audit, as the small tables that they are drawn from.

Their points are like those of :mod:`marquee.evaluation.plots`.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from marquee.artifacts import write_json
from marquee.evaluation.audit import Audit
from marquee.evaluation.plots import Point, spread
from marquee.evaluation.report import rounded
from marquee.params import FairnessParams

_STEPS = 50


def write_audit_plots(audit: Audit, params: FairnessParams, folder: Path) -> None:
    """Write what the audit's pictures are drawn from, one JSON file a picture."""
    confidence = params.bootstrap.confidence
    ranking = (f"ndcg_at_{audit.cutoff}", f"hit_rate_at_{audit.cutoff}")
    pictures = {
        "ranking": _groups(audit, ranking, confidence),
        "errors": _groups(audit, ("rmse",), confidence),
        "gaps": _gaps(audit),
        "popularity": _popularity(audit, confidence),
        "calibration": _calibration(audit),
    }
    for name, points in pictures.items():
        write_json(folder / f"{name}.json", rounded(list(points)))


def _groups(audit: Audit, metrics: tuple[str, ...], confidence: float) -> Iterator[Point]:
    """Draw how well each judged group is served."""
    for attribute in audit.attributes:
        for group in attribute.groups:
            for metric in metrics:
                if metric in group.estimates:
                    point = {"panel": attribute.name, "series": metric, "group": group.name}
                    yield point | spread(group.estimates[metric], confidence)


def _gaps(audit: Audit) -> Iterator[Point]:
    """Draw each requirement's gap beside its budget."""
    for each in audit.requirements:
        if each.gap:
            yield {
                "panel": each.params.metric,
                "series": each.verdict,
                "attribute": each.params.attribute,
                "value": each.gap.value,
                "low": each.gap.interval.low,
                "high": each.gap.interval.high,
                "budget": float(each.params.max_gap),
            }


def _popularity(audit: Audit, confidence: float) -> Iterator[Point]:
    """Draw the popularity of what is shown beside that of what was met before."""
    for lift in audit.lifts:
        for series, found in (("history", lift.history), ("recommended", lift.recommended)):
            point = {"panel": "mainstreaminess", "series": series, "group": lift.group}
            yield point | spread(found, confidence)


def _calibration(audit: Audit) -> Iterator[Point]:
    """Draw the share of users whose lists are at most so far from their tastes."""
    known = audit.divergence[~np.isnan(audit.divergence)]
    for step in range(_STEPS + 1 if len(known) else 0):
        point = {"panel": f"top {audit.cutoff}", "series": "model", "at_most": step / _STEPS}
        yield point | {"users": float((known <= step / _STEPS).mean())}
