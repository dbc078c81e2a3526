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
    ``reason`` is what the verdict rests on, None for the baseline and without one.
    """

    configuration: Configuration
    difference: Difference | None
    verdict: str | None
    on_front: bool | None
    reason: str | None = None


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
    if baseline is None:
        return tuple(
            Row(one, None, None, on_front) for one, on_front in zip(ordered, front, strict=True)
        )
    adjusted = holm([math.nan if one is None or one.p is None else one.p for one in differences])
    return tuple(
        Row(one, None, "baseline", on_front)
        if difference is None
        else Row(
            one,
            difference,
            _verdict(difference, p, sign(metric)),
            on_front,
            _reason(one, difference, p),
        )
        for one, difference, p, on_front in zip(ordered, differences, adjusted, front, strict=True)
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


def _verdict(difference: Difference, p: float, better: int) -> str:
    if not p < 1 - CONFIDENCE:
        return "inconclusive"
    return "better" if difference.value * better > 0 else "worse"


def _reason(one: Configuration, difference: Difference, p: float) -> str:
    """Say what a verdict rests on: the adjusted p-value, or why there is none."""
    if difference.p is None:
        whose = "one seed" if len(one.runs) < 2 else "baseline has one seed"
        return f"{whose}: noise not known"
    if difference.low == difference.high:
        return "no noise: seeds agree"
    return "p<0.001" if p < 0.001 else f"p={p:.3f}"
