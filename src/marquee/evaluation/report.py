"""An evaluation as numbers: what ``evaluate.json`` says."""

from typing import Any

from marquee.evaluation.comparison import Comparison
from marquee.evaluation.estimates import Estimate
from marquee.evaluation.offline import Evaluation, SliceResult
from marquee.evaluation.truth import HEADLINE
from marquee.params import EvaluateParams

DECIMALS = 6


def report_evaluation(evaluation: Evaluation, params: EvaluateParams) -> dict[str, Any]:
    """Say the headline slice as flat numbers and every slice as a table.

    ``model``, ``popularity`` and ``difference`` have METRIC, METRIC_low and METRIC_high, so that
    a reader finds each by its name. NaN is null.
    """
    confidence = params.bootstrap.confidence
    headline = evaluation.slices[HEADLINE]
    report: dict[str, Any] = rounded(
        {
            "protocol": _protocol(evaluation, params),
            "model": _flat(headline, "model", confidence),
            "popularity": _flat(headline, "popularity", confidence),
            "difference": _flat(headline, "difference", confidence)
            | {f"{row.metric}_verdict": row.verdict for row in headline.comparisons if row.verdict}
            | {"verdict": _main_verdict(headline, params)},
            "slices": {
                name: {
                    "users": found.users,
                    "rows": found.rows,
                    "relevant_users": found.relevant_users,
                    "constant": found.constant,
                    "table": [_table_row(row, confidence) for row in found.comparisons],
                }
                for name, found in evaluation.slices.items()
            },
        }
    )
    return report


def rounded(value: Any) -> Any:
    """Round every float in nested dicts and lists to the decimals that reports have."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, DECIMALS) + 0.0 if isinstance(value, float) else value


def numbers(estimate: Estimate | None, name: str, confidence: float) -> dict[str, float]:
    """Spell an estimate as NAME, NAME_low and NAME_high; nothing where there is none."""
    if estimate is None:
        return {}
    interval = estimate.interval(confidence)
    return {name: estimate.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _protocol(evaluation: Evaluation, params: EvaluateParams) -> dict[str, Any]:
    trial = evaluation.trial
    return {
        "model": trial.model_name,
        "fit_on": trial.fit_on,
        "split": params.split,
        "split_label": trial.split["label"],
        "cutoffs": list(params.cutoffs),
        "relevant": trial.relevance.label,
        "min_relevant_rating": trial.relevance.min_rating,
        "min_users": params.min_users,
        "resamples": params.bootstrap.resamples,
        "confidence": params.bootstrap.confidence,
        "movies": len(trial.catalogue.movie_ids),
    }


def _main_verdict(headline: SliceResult, params: EvaluateParams) -> str:
    """Judge by the metric that the gate judges changes by."""
    verdicts = {row.metric: row.verdict for row in headline.comparisons}
    return verdicts.get(params.gate.metric) or "inconclusive"


def _flat(found: SliceResult, system: str, confidence: float) -> dict[str, float]:
    flat: dict[str, float] = {}
    for row in found.comparisons:
        flat |= numbers(getattr(row, system), row.metric, confidence)
    return flat


def _table_row(row: Comparison, confidence: float) -> dict[str, Any]:
    return {
        "metric": row.metric,
        **numbers(row.model, "model", confidence),
        **numbers(row.popularity, "popularity", confidence),
        **numbers(row.difference, "difference", confidence),
        "users": max(
            (each.users for each in (row.model, row.popularity) if each is not None), default=0
        ),
        "p": row.p,
        "p_holm": row.p_holm,
        "verdict": row.verdict,
    }
