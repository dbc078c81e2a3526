"""A run in a few figures: what ``dvc exp show`` and ``dvc metrics diff`` compare runs by."""

from collections.abc import Mapping
from typing import Any


def summarise(reports: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the headline of the reports ``clean``, ``evaluate`` and ``fairness``.

    ``rows`` are the interactions that were kept; quality is that of warm users, at the first
    cutoff, with the interval of its NDCG; ``gain`` is how much higher than popularity's that is,
    with its verdict; ``gap`` is the largest of the fairness requirements. A figure that is not
    known is None, so that every run has the same names, which are short: each is a column.
    """
    clean, evaluate, fairness = (reports[name] for name in ("clean", "evaluate", "fairness"))
    protocol, model, difference = (evaluate[name] for name in ("protocol", "model", "difference"))
    cutoff = protocol["cutoffs"][0]
    ndcg = f"ndcg_at_{cutoff}"
    return {
        "model": protocol["model"],
        "rows": sum(clean["split"][name]["rows"] for name in ("train", "validation", "test")),
        ndcg: model.get(ndcg),
        "ndcg_low": model.get(f"{ndcg}_low"),
        "ndcg_high": model.get(f"{ndcg}_high"),
        "gain": difference.get(ndcg),
        "verdict": difference.get(f"{ndcg}_verdict"),
        "rmse": model.get("rmse"),
        "coverage": model.get(f"coverage_at_{cutoff}"),
        "gap": _largest_gap(fairness),
        "fairness": fairness["verdict"],
    }


def _largest_gap(fairness: Mapping[str, Any]) -> float | None:
    found = [each.get("gap") for each in fairness["requirements"].values()]
    return max((gap for gap in found if gap is not None), default=None)
