"""A model beside the popularity baseline, and which of them is better."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from marquee.errors import ParameterError
from marquee.evaluation.estimates import Estimate
from marquee.metrics.interval import holm, p_value, smallest_p_value
from marquee.metrics.ranking import RANKING_METRICS
from marquee.params import EvaluateParams

Verdict = Literal["better", "worse", "inconclusive"]
ERROR_METRICS = ("rmse", "mae", "rmse_per_user", "mae_per_user")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of a model, of popularity, and model − popularity; None where there is none.

    ``p``, ``p_holm`` and ``verdict`` are None where the two cannot be compared, or where neither
    more nor less of the metric is better.
    """

    metric: str
    model: Estimate | None
    popularity: Estimate | None
    difference: Estimate | None
    p: float | None
    p_holm: float | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Apart:
    """How many users the two systems gave other lists, and other predicted ratings."""

    lists: int
    ratings: int


def direction(metric: str) -> int:
    """Return 1 where more of a metric is better, -1 where less is, 0 where neither."""
    if metric in ERROR_METRICS:
        return -1
    return int(metric.partition("_at_")[0] in RANKING_METRICS)


def compare(
    model: Mapping[str, Estimate],
    popularity: Mapping[str, Estimate],
    apart: Apart,
    params: EvaluateParams,
) -> list[Comparison]:
    """Compare two systems that were estimated on the same resamples, metric by metric.

    Better or worse is said only where the interval of the difference excludes zero, the p-value
    after Holm's adjustment over all metrics is below 1 − confidence, and at least ``min_users``
    users count for it and were answered differently; else the verdict is inconclusive. Users
    without history mostly get the same from both, which makes them no evidence.
    """
    metrics = list(dict.fromkeys([*model, *popularity]))
    differences = {
        name: model[name] - popularity[name]
        for name in metrics
        if name in model and name in popularity
    }
    judged = [name for name in differences if direction(name)]
    p = {name: p_value(differences[name].resampled) for name in judged}
    _expect_enough_resamples(len(judged), params)
    p_holm = dict(zip(judged, holm(list(p.values())), strict=True))
    return [
        Comparison(
            metric=name,
            model=model.get(name),
            popularity=popularity.get(name),
            difference=differences.get(name),
            p=p.get(name),
            p_holm=p_holm.get(name),
            verdict=_verdict(differences[name], name, p_holm[name], apart, params)
            if name in p
            else None,
        )
        for name in metrics
    ]


def _verdict(
    difference: Estimate, metric: str, p_holm: float, apart: Apart, params: EvaluateParams
) -> Verdict:
    told_apart = apart.ratings if metric in ERROR_METRICS else apart.lists
    confidence = params.bootstrap.confidence
    sure = difference.interval(confidence).excludes_zero and p_holm < 1 - confidence
    if not sure or min(difference.users, told_apart) < params.min_users:
        return "inconclusive"
    return "better" if difference.value * direction(metric) > 0 else "worse"


def _expect_enough_resamples(n_judged: int, params: EvaluateParams) -> None:
    """Refuse so few resamples that not even the smallest p-value could be judged."""
    bootstrap = params.bootstrap
    alpha = 1 - bootstrap.confidence
    if n_judged * smallest_p_value(bootstrap) >= alpha:
        raise ParameterError(
            f"evaluate.bootstrap.resamples = {bootstrap.resamples}: expected at least "
            f"{int(2 * n_judged / alpha) + 1} to judge {n_judged} metrics at confidence "
            f"{bootstrap.confidence:g}"
        )
