import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from marquee.errors import ParameterError
from marquee.experiments.comparison import Comparison, compare_runs
from marquee.experiments.configurations import labels
from marquee.experiments.project import Run
from marquee.params import read_yaml


@pytest.fixture
def params(example: Path) -> Any:
    return read_yaml(example / "params.yaml")


@pytest.fixture
def make_run(params: Any) -> Any:
    def make(
        name: str,
        ndcg: float,
        *,
        model: str = "svd",
        seed: int = 1,
        gap: float | None = None,
        split: str = "test",
        **settings: Any,
    ) -> Run:
        own = copy.deepcopy(params)
        own["train"] |= {"model": model, "seed": seed}
        own["train"][model] |= settings
        own["evaluate"]["split"] = split
        numbers = {"ndcg_at_10": ndcg, "ndcg_at_10_low": ndcg - 0.1, "ndcg_at_10_high": ndcg + 0.1}
        fairness = {
            "requirements": {} if gap is None else {"a": {"gap": gap}, "b": {"gap": gap / 2}}
        }
        return Run(name, own, {"evaluate": {"model": numbers}, "fairness": fairness})

    return make


def compare(
    runs: list[Run], params: Mapping[str, Any], folder: Path = Path("none"), **options: str
) -> list[Comparison]:
    asked = {"metric": "ndcg_at_10", "cost": "fit_seconds", **options}
    return compare_runs(runs, current=params, folder=folder, **asked)


def test_runs_that_differ_in_the_seed_alone_are_one_configuration(
    make_run: Any, params: Any
) -> None:
    runs = [make_run("b", 0.4, seed=2, gap=0.3), make_run("a", 0.2, seed=1, gap=0.1)]

    (comparison,) = compare(runs, params)
    (row,) = comparison.rows
    assert row.configuration.runs == ("a", "b")
    assert row.configuration.quality == pytest.approx(0.3)
    assert row.configuration.sd == pytest.approx(0.02**0.5)
    assert (row.configuration.low, row.configuration.high) == pytest.approx((0.2, 0.4))
    assert row.configuration.gap == pytest.approx(0.2)


def test_a_setting_of_another_model_makes_no_other_configuration(
    make_run: Any, params: Any
) -> None:
    one, other = make_run("a", 0.2, seed=1), make_run("b", 0.2, seed=2)
    other.params["train"]["als"]["factors"] = 7

    (comparison,) = compare([one, other], params)
    assert len(comparison.rows) == 1


def test_what_ranks_the_fallback_is_a_setting_of_every_model(make_run: Any, params: Any) -> None:
    one, other = make_run("a", 0.2), make_run("b", 0.3)
    other.params["train"]["popularity"] |= {"half_life_days": 30, "damping": 1}

    (comparison,) = compare([one, other], params)
    found = [row.configuration for row in comparison.rows]
    assert [each.runs for each in found] == [("b",), ("a",)]
    assert labels(found) == [
        "svd popularity.half_life_days=30",
        "svd popularity.half_life_days=365",
    ]


def test_the_same_seed_twice_counts_once(make_run: Any, params: Any) -> None:
    (comparison,) = compare([make_run("new", 0.3), make_run("old", 0.3)], params)

    assert comparison.rows[0].configuration.runs == ("new",)


def test_what_was_measured_differently_is_apart_and_says_how(make_run: Any, params: Any) -> None:
    small = make_run("c", 0.3)
    small.params["ingest"]["simulator"]["lines"] = 5000
    runs = [make_run("a", 0.3), make_run("b", 0.3, split="validation"), small]

    comparisons = compare(runs, params)
    assert [comparison.protocol for comparison in comparisons] == [
        "on test, fitted on train+validation, ingest.simulator.lines = 1000000",
        "on validation, fitted on train+validation, ingest.simulator.lines = 1000000",
        "on test, fitted on train+validation, ingest.simulator.lines = 5000",
    ]


def test_the_confidence_is_that_of_the_runs_intervals(make_run: Any, params: Any) -> None:
    run = make_run("a", 0.3)
    run.params["evaluate"]["bootstrap"]["confidence"] = 0.975

    (comparison,) = compare([run], params)
    assert comparison.confidence == 0.975


def test_the_baseline_is_what_params_yaml_chooses(make_run: Any, params: Any) -> None:
    runs = [make_run("a", 0.3, model="user_knn"), make_run("b", 0.2, model="popularity")]

    (comparison,) = compare(runs, params)
    assert [row.verdict for row in comparison.rows] == ["baseline", "inconclusive"]
    assert [row.reason for row in comparison.rows] == [None, "one seed: noise not known"]


def test_the_baseline_is_popularity_when_nobody_ran_that(make_run: Any, params: Any) -> None:
    runs = [make_run("a", 0.3, model="als"), make_run("b", 0.2, model="popularity")]

    (comparison,) = compare(runs, params)
    assert [row.verdict for row in comparison.rows] == ["inconclusive", "baseline"]


def test_without_a_baseline_there_is_no_verdict(make_run: Any, params: Any) -> None:
    (comparison,) = compare([make_run("a", 0.3, model="als")], params)

    assert [row.verdict for row in comparison.rows] == [None]


def test_a_difference_beyond_the_noise_is_better_or_worse(make_run: Any, params: Any) -> None:
    runs = [
        make_run(f"{model}{seed}", value + seed / 1000, model=model, seed=seed)
        for model, value in (("als", 0.3), ("popularity", 0.2), ("svd", 0.1))
        for seed in (1, 2, 3)
    ]

    (comparison,) = compare(runs, params)
    assert [row.verdict for row in comparison.rows] == ["better", "baseline", "worse"]
    assert comparison.rows[0].difference is not None
    assert comparison.rows[0].difference.value == pytest.approx(0.1)


def test_a_verdict_says_what_it_rests_on(make_run: Any, params: Any) -> None:
    values = {
        "als": (0.3, 0.301),
        "user_knn": (0.25, 0.25),
        "popularity": (0.2, 0.2),
        "svd": (0.15, 0.26),
    }
    runs = [
        make_run(f"{model}{seed}", value, model=model, seed=seed)
        for model, seeds in values.items()
        for seed, value in enumerate(seeds)
    ]
    params["train"]["model"] = "popularity"

    (comparison,) = compare(runs, params)
    assert [(row.configuration.model, row.verdict, row.reason) for row in comparison.rows] == [
        ("als", "better", "p=0.006"),
        ("user_knn", "better", "no noise: seeds agree"),
        ("svd", "inconclusive", "p=0.942"),
        ("popularity", "baseline", None),
    ]


def test_a_baseline_of_one_seed_leaves_the_noise_unknown(make_run: Any, params: Any) -> None:
    runs = [make_run("p", 0.2, model="popularity")]
    runs += [make_run(f"s{seed}", 0.3, seed=seed) for seed in (1, 2)]

    (comparison,) = compare(runs, params)
    assert comparison.rows[0].reason == "baseline has one seed: noise not known"


def test_among_many_comparisons_a_small_p_value_is_no_discovery(make_run: Any, params: Any) -> None:
    def runs(n: int) -> list[Run]:
        return [make_run(f"p{seed}", 0.2, model="popularity", seed=seed) for seed in (1, 2)] + [
            make_run(f"{factors}-{seed}", 0.21 + noise, seed=seed, factors=factors)
            for factors in range(1, n + 1)
            for seed, noise in ((1, -0.003), (2, 0.0), (3, 0.003))
        ]

    (alone,), (crowd,) = compare(runs(1), params), compare(runs(20), params)
    assert alone.rows[0].verdict == "better"
    assert {row.verdict for row in crowd.rows} == {"inconclusive", "baseline"}


def test_less_of_an_error_is_better(make_run: Any, params: Any) -> None:
    runs = [make_run("a", 0.1), make_run("b", 0.1, model="als")]
    for run, rmse in zip(runs, (0.9, 0.8), strict=True):
        run.metrics["evaluate"]["model"]["rmse"] = rmse

    (comparison,) = compare(runs, params, metric="rmse")
    assert [row.configuration.model for row in comparison.rows] == ["als", "svd"]
    assert [row.on_front for row in comparison.rows] == [True, False]


def test_a_run_without_the_metric_is_left_out(make_run: Any, params: Any) -> None:
    runs = [make_run("a", 0.1), make_run("b", 0.1, model="als")]
    runs[0].metrics["evaluate"]["model"]["rmse"] = 0.9

    (comparison,) = compare(runs, params, metric="rmse")
    assert [row.configuration.model for row in comparison.rows] == ["svd"]


def test_a_metric_that_nobody_has_is_refused(make_run: Any, params: Any) -> None:
    with pytest.raises(ParameterError, match=r"luck: unknown metric, expected one of ndcg_at_10$"):
        compare([make_run("a", 0.1)], params, metric="luck")


def test_the_front_weighs_quality_gap_and_cost(make_run: Any, params: Any, tmp_path: Path) -> None:
    runs = [
        make_run("best", 0.4, gap=0.2, factors=1),
        make_run("fair", 0.3, gap=0.1, factors=2),
        make_run("fast", 0.2, gap=0.3, factors=3),
        make_run("beaten", 0.2, gap=0.3, factors=4),
        make_run("unknown", 0.1, gap=0.3, factors=5),
    ]
    for name, seconds in (("best", 9.0), ("fair", 8.0), ("fast", 1.0), ("beaten", 2.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.json").write_text(json.dumps({"fit_seconds": seconds}))

    (comparison,) = compare(runs, params, folder=tmp_path)
    marks = {row.configuration.runs[0]: row.on_front for row in comparison.rows}
    assert marks == {"best": True, "fair": True, "fast": True, "beaten": False, "unknown": None}


def test_a_label_names_only_what_differs(make_run: Any, params: Any) -> None:
    runs = [
        make_run("a", 0.3, factors=5),
        make_run("b", 0.2, factors=6),
        make_run("c", 0.1, model="als"),
    ]

    (comparison,) = compare(runs, params)
    found = [row.configuration for row in comparison.rows]
    assert labels(found) == ["svd factors=5", "svd factors=6", "als"]
