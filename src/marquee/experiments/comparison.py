"""Configurations side by side: set against what is in use, with the Pareto front marked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marquee.experiments.configurations import Configuration, configurations, protocols, settings
from marquee.experiments.figures import measure, sign
from marquee.experiments.noise import Difference, compare_means
from marquee.experiments.pareto import pareto_front
from marquee.experiments.project import Run
from marquee.metrics.interval import holm

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Row:
    """A configuration and what is to be thought of it.

    ``difference`` is how far its mean lies above the baseline's. ``verdict`` is better, worse,
    inconclusive or baseline; None without a baseline. ``on_front`` is None where a figure lacks.
    """

    configuration: Configuration
    difference: Difference | None
    verdict: str | None
    on_front: bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows that were measured alike, best first; ``confidence`` is that of their intervals."""

    protocol: str
    metric: str
    cost: str
    confidence: float
    rows: tuple[Row, ...]


def compare_runs(
    runs: Sequence[Run], *, current: Mapping[str, Any], metric: str, cost: str, folder: Path
) -> list[Comparison]:
    """Compare runs, apart for each protocol: only what was measured alike is set side by side.

    The baseline is the configuration of the ``current`` parameters, else popularity. Another is
    better or worse than it when Welch's t-test over the seeds says so at the 5 % level, corrected
    by Holm for how many are compared, and inconclusive otherwise. The front is over the metric,
    the fairness gap and ``cost``. Cost figures are read from ``folder/RUN/``.
    """
    figures = measure(runs, metric, folder)
    return [
        Comparison(
            label,
            metric,
            cost,
            alike[0].params["evaluate"]["bootstrap"]["confidence"],
            _rows(configurations(alike, figures), current, metric, cost),
        )
        for label, alike in protocols([run for run in runs if run.name in figures])
    ]


def _rows(
    found: Sequence[Configuration], current: Mapping[str, Any], metric: str, cost: str
) -> tuple[Row, ...]:
    ordered = sorted(found, key=lambda one: -sign(metric) * one.quality)
    front = pareto_front([_objectives(one, metric, cost) for one in ordered])
    baseline = _baseline(ordered, current)
    differences = [_difference(one, baseline) for one in ordered]
    verdicts = _verdicts(differences, sign(metric)) if baseline else [None] * len(ordered)
    return tuple(
        Row(one, difference, "baseline" if one is baseline else verdict, on_front)
        for one, difference, verdict, on_front in zip(
            ordered, differences, verdicts, front, strict=True
        )
    )


def _objectives(one: Configuration, metric: str, cost: str) -> tuple[float | None, ...]:
    return (-sign(metric) * one.quality, one.gap, one.costs.get(cost))


def _baseline(found: Sequence[Configuration], current: Mapping[str, Any]) -> Configuration | None:
    model, chosen = current["train"]["model"], settings(current)
    in_use = [one for one in found if one.model == model and one.settings == chosen]
    return next(iter(in_use + [one for one in found if one.model == "popularity"]), None)


def _difference(one: Configuration, baseline: Configuration | None) -> Difference | None:
    if baseline is None or one is baseline:
        return None
    return compare_means(one.qualities, baseline.qualities, confidence=CONFIDENCE)


def _verdicts(differences: Sequence[Difference | None], better: int) -> list[str]:
    adjusted = holm([math.nan if one is None or one.p is None else one.p for one in differences])
    return [
        "inconclusive"
        if one is None or not p < 1 - CONFIDENCE
        else ("better" if one.value * better > 0 else "worse")
        for one, p in zip(differences, adjusted, strict=True)
    ]
