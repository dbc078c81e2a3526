from typing import Any

from marquee.evaluation.summary import summarise

REPORTS: dict[str, Any] = {
    "clean": {"split": {name: {"rows": 10} for name in ("train", "validation", "test")}},
    "evaluate": {
        "protocol": {"model": "svd", "cutoffs": [5, 10]},
        "model": {
            "ndcg_at_5": 0.3,
            "ndcg_at_5_low": 0.2,
            "ndcg_at_5_high": 0.4,
            "ndcg_at_10": 0.5,
            "rmse": 0.9,
            "coverage_at_5": 0.6,
        },
        "difference": {"ndcg_at_5": 0.1, "ndcg_at_5_verdict": "better"},
    },
    "fairness": {
        "verdict": "fail",
        "requirements": {"a": {"gap": 0.02}, "b": {"gap": 0.07}, "c": {"max_gap": 0.1}},
    },
}


def test_a_summary_is_the_headline_at_the_first_cutoff_and_the_widest_gap() -> None:
    assert summarise(REPORTS) == {
        "model": "svd",
        "rows": 30,
        "ndcg_at_5": 0.3,
        "ndcg_low": 0.2,
        "ndcg_high": 0.4,
        "gain": 0.1,
        "verdict": "better",
        "rmse": 0.9,
        "coverage": 0.6,
        "gap": 0.07,
        "fairness": "fail",
    }


def test_what_is_not_known_is_none() -> None:
    evaluate = {"protocol": REPORTS["evaluate"]["protocol"], "model": {}, "difference": {}}
    fairness = {"verdict": "inconclusive", "requirements": {"a": {"max_gap": 0.1}}}
    found = summarise({**REPORTS, "evaluate": evaluate, "fairness": fairness})
    assert found.keys() == summarise(REPORTS).keys()
    assert [name for name, value in found.items() if value is None] == [
        "ndcg_at_5", "ndcg_low", "ndcg_high", "gain", "verdict", "rmse", "coverage", "gap",
    ]  # fmt: skip
