"""The figures of one run that a comparison needs: quality, fairness, cost."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marquee.artifacts import read_json
from marquee.errors import ParameterError
from marquee.experiments.project import Run

COSTS = ("fit_seconds", "predict_us_per_user", "model_bytes")
"""Seconds to fit, microseconds to recommend to one user, bytes on disk: the less the better."""

_LOWER_IS_BETTER = re.compile("rmse|mae|average_popularity|gini")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured. ``low`` and ``high`` bound the quality, by resampling users.

    ``gap`` is the largest difference of a fairness requirement's metric between two groups;
    ``costs`` has those of :data:`COSTS` that are known.
    """

    quality: float
    low: float | None
    high: float | None
    gap: float | None
    costs: Mapping[str, float]


def measure(runs: Sequence[Run], metric: str, costs: Path) -> dict[str, Figures]:
    """Read the figures of each run that has the metric, by the run's name.

    The stages left their costs in ``costs/NAME/``, if they did. A metric that no run has is a
    :class:`ParameterError` that names the known ones.
    """
    models = {run.name: run.metrics.get("evaluate", {}).get("model", {}) for run in runs}
    found = {
        run.name: Figures(
            quality=models[run.name][metric],
            low=models[run.name].get(f"{metric}_low"),
            high=models[run.name].get(f"{metric}_high"),
            gap=_largest_gap(run.metrics.get("fairness", {})),
            costs=_read_costs(costs / run.name),
        )
        for run in runs
        if models[run.name].get(metric) is not None
    }
    if not found:
        names = {name: None for model in models.values() for name in model}
        known = [name for name in names if not name.endswith(("_low", "_high"))]
        raise ParameterError(f"{metric}: unknown metric, expected one of {', '.join(known)}")
    return found


def sign(metric: str) -> int:
    """Return 1 where more of the metric is better, -1 where less is."""
    return -1 if _LOWER_IS_BETTER.match(metric) else 1


def _largest_gap(fairness: Mapping[str, Any]) -> float | None:
    requirements = fairness.get("requirements", {}).values()
    gaps = [found["gap"] for found in requirements if found.get("gap") is not None]
    return max(gaps, default=None)


def _read_costs(folder: Path) -> dict[str, float]:
    merged: dict[str, float] = {}
    for path in sorted(folder.glob("*.json")):
        merged |= read_json(path)
    return {name: merged[name] for name in COSTS if name in merged}
