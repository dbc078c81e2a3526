"""The pictures of an evaluation, as the small tables that they are drawn from.

Every table is a list of points: ``series`` is a colour, ``panel`` a picture of its own, ``low``
and ``high`` bound ``value``. The templates in ``.dvc/plots`` draw them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.artifacts import write_json
from marquee.evaluation.comparison import direction
from marquee.evaluation.estimates import Estimate
from marquee.evaluation.offline import Evaluation
from marquee.evaluation.report import numbers, rounded
from marquee.evaluation.scores import ranking_columns
from marquee.evaluation.truth import HEADLINE
from marquee.metrics.beyond import count_exposure
from marquee.params import EvaluateParams

Point = dict[str, Any]
_STEPS = 50


def write_plots(evaluation: Evaluation, params: EvaluateParams, folder: Path) -> None:
    """Write what the evaluation's pictures are drawn from, one JSON file a picture."""
    pictures = {
        "cutoffs": _cutoffs,
        "slices": _slices,
        "differences": _differences,
        "users": _users,
        "exposure": _exposure,
    }
    for name, picture in pictures.items():
        write_json(folder / f"{name}.json", rounded(list(picture(evaluation, params))))


def _cutoffs(evaluation: Evaluation, params: EvaluateParams) -> Iterator[Point]:
    """Draw quality as the list grows longer."""
    for system, estimates in evaluation.curve.items():
        for name, found in estimates.items():
            metric, _, cutoff = name.partition("_at_")
            yield {"panel": metric, "series": system, "cutoff": int(cutoff)} | spread(
                found, params.bootstrap.confidence
            )


def _slices(evaluation: Evaluation, params: EvaluateParams) -> Iterator[Point]:
    """Draw the gate's metric slice by slice."""
    for name, found in evaluation.slices.items():
        for row in found.comparisons:
            if row.metric == params.gate.metric:
                for system in ("model", "popularity"):
                    point = {"panel": row.metric, "series": system, "slice": name}
                    yield point | spread(getattr(row, system), params.bootstrap.confidence)


def _differences(evaluation: Evaluation, params: EvaluateParams) -> Iterator[Point]:
    """Draw how much better than popularity the model is: a forest, right is better."""
    for row in evaluation.slices[HEADLINE].comparisons:
        if row.verdict and row.difference:
            turned = Estimate(
                row.difference.value * direction(row.metric),
                row.difference.users,
                row.difference.resampled * direction(row.metric),
            )
            panel = "ratings, in stars" if direction(row.metric) < 0 else "ranking"
            point = {"panel": panel, "series": row.verdict, "metric": row.metric}
            yield point | spread(turned, params.bootstrap.confidence)


def _users(evaluation: Evaluation, params: EvaluateParams) -> Iterator[Point]:
    """Draw the share of users who are served at least so well."""
    truth, cutoff = evaluation.trial.truth, min(params.cutoffs)
    rows = truth.slices()[HEADLINE]
    metric = f"ndcg_at_{cutoff}"
    for system, answers in evaluation.answers.items():
        values = ranking_columns(answers, truth, rows, [cutoff], ["ndcg"])[metric]
        values = values[~np.isnan(values)]
        for step in range(_STEPS + 1 if len(values) else 0):
            served = float((values >= step / _STEPS).mean())
            yield {"panel": metric, "series": system, "at_least": step / _STEPS, "users": served}


def _exposure(evaluation: Evaluation, params: EvaluateParams) -> Iterator[Point]:
    """Draw which share of what is shown the most shown movies take, beside what users met."""
    cutoff, catalogue = min(params.cutoffs), evaluation.trial.catalogue
    n_movies = len(catalogue.movie_ids)
    counts: Mapping[str, NDArray[np.generic]] = {
        system: count_exposure(answers.ranked[:, :cutoff], n_movies)
        for system, answers in evaluation.answers.items()
    } | {"train": np.bincount(evaluation.trial.fitted.movie_idx, minlength=n_movies)}
    for series, exposure in counts.items():
        taken = np.cumsum(np.sort(exposure)[::-1].astype(np.int64))
        for step in range(_STEPS + 1 if taken[-1] else 0):
            first = step * n_movies // _STEPS
            share = float(taken[first - 1] / taken[-1]) if first else 0.0
            point = {"panel": f"top {cutoff}", "series": series}
            yield point | {"movies": first / n_movies, "shown": share}


def spread(found: Estimate | None, confidence: float) -> Point:
    """Spell an estimate as ``value``, ``low`` and ``high``; nothing where there is none."""
    spelt = numbers(found, "value", confidence)
    return {key.removeprefix("value_"): number for key, number in spelt.items()}
