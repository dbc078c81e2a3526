import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from marquee.artifacts import canonical_json
from marquee.evaluation.offline import Evaluation, evaluate_offline
from marquee.evaluation.outputs import write_per_user
from marquee.evaluation.plots import write_plots
from marquee.evaluation.report import report_evaluation
from marquee.evaluation.trial import Trial
from marquee.params import EvaluateParams


@pytest.fixture
def evaluation(trial: Trial, evaluate_params: EvaluateParams) -> Evaluation:
    return evaluate_offline(trial, evaluate_params)


def test_the_report_has_the_headline_flat_with_intervals(evaluation, evaluate_params) -> None:
    report = report_evaluation(evaluation, evaluate_params)
    assert report["model"]["ndcg_at_2"] == report["model"]["ndcg_at_2_low"] == 1
    assert 0 < report["popularity"]["ndcg_at_2_low"] < report["popularity"]["ndcg_at_2_high"]
    assert report["difference"]["ndcg_at_2_verdict"] == report["difference"]["verdict"] == "better"


def test_the_report_says_by_which_protocol(evaluation, evaluate_params) -> None:
    protocol = report_evaluation(evaluation, evaluate_params)["protocol"]
    assert protocol["split_label"] == "a made-up split"
    assert (protocol["fit_on"], protocol["split"]) == ("train", "test")
    assert protocol["cutoffs"] == [2, 4]
    assert protocol["relevant"] == "rated 4 or above, 75 % of the scale 1 to 5"
    assert protocol["min_relevant_rating"] == 4


def test_popularity_stands_beside_the_model_in_every_table(evaluation, evaluate_params) -> None:
    for found in report_evaluation(evaluation, evaluate_params)["slices"].values():
        assert found["table"]
        for row in found["table"]:
            assert {"model", "popularity", "difference"} <= {*row}


def test_reported_numbers_have_six_decimals(evaluation, evaluate_params) -> None:
    def floats(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [number for item in value for number in floats(item)]
        return [value] if isinstance(value, float) else []

    found = floats(report_evaluation(evaluation, evaluate_params))
    assert found
    assert all(round(number, 6) == number for number in found if not math.isnan(number))


def test_per_user_metrics_average_to_the_reported_ones(
    evaluation, evaluate_params, tmp_path
) -> None:
    write_per_user(evaluation, evaluate_params, tmp_path)
    table = pq.read_table(tmp_path / "per_user.parquet")
    warm = table.filter(table["warm"])
    report = report_evaluation(evaluation, evaluate_params)
    for prefix, system in (("", "model"), ("popularity_", "popularity")):
        mean = np.nanmean(warm[f"{prefix}ndcg_at_2"].to_numpy())
        assert mean == pytest.approx(report[system]["ndcg_at_2"], abs=1e-6)
        errors = sum(warm[f"{prefix}squared_error_sum"].to_pylist())
        ratings = sum(warm[f"{prefix}ratings"].to_pylist())
        assert (errors / ratings) ** 0.5 == pytest.approx(report[system]["rmse"], abs=1e-6)


def test_per_user_has_each_user_with_a_known_movie_once(
    evaluation, evaluate_params, tmp_path
) -> None:
    write_per_user(evaluation, evaluate_params, tmp_path)
    table = pq.read_table(tmp_path / "per_user.parquet")
    assert table["user_id"].to_pylist() == [*range(60), 900]
    assert table["warm"].to_pylist() == [True] * 60 + [False]


def test_lists_are_kept_in_rank_order(evaluation, evaluate_params, tmp_path) -> None:
    write_per_user(evaluation, evaluate_params, tmp_path)
    rows = pq.read_table(tmp_path / "recommendations.parquet").to_pylist()
    assert rows[:2] == [
        {"user_id": 0, "rank": 1, "movie_id": "c"},
        {"user_id": 0, "rank": 2, "movie_id": "f"},
    ]


def test_the_same_evaluation_gives_the_same_bytes(trial, evaluate_params, tmp_path: Path) -> None:
    for name in ("one", "two"):
        again = evaluate_offline(trial, evaluate_params)
        write_per_user(again, evaluate_params, tmp_path / name)
        write_plots(again, evaluate_params, tmp_path / name)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("cutoffs", {"panel", "series", "cutoff", "value", "low", "high"}),
        ("slices", {"panel", "series", "slice", "value", "low", "high"}),
        ("differences", {"panel", "series", "metric", "value", "low", "high"}),
        ("users", {"panel", "series", "at_least", "users"}),
        ("exposure", {"panel", "series", "movies", "shown"}),
    ],
)
def test_every_picture_has_points_with_what_its_template_draws(
    evaluation, evaluate_params, tmp_path, name, fields
) -> None:
    write_plots(evaluation, evaluate_params, tmp_path)
    points = json.loads((tmp_path / f"{name}.json").read_bytes())
    assert points
    assert all({*point} == fields for point in points)


def test_in_the_forest_right_is_better_for_errors_too(
    evaluation, evaluate_params, tmp_path
) -> None:
    write_plots(evaluation, evaluate_params, tmp_path)
    points = json.loads((tmp_path / "differences.json").read_bytes())
    rmse = next(point for point in points if point["metric"] == "rmse")
    difference = report_evaluation(evaluation, evaluate_params)["difference"]
    assert rmse["value"] == -difference["rmse"]
    assert (rmse["low"], rmse["high"]) == (-difference["rmse_high"], -difference["rmse_low"])


def test_exposure_ends_with_all_movies_and_all_that_is_shown(
    evaluation, evaluate_params, tmp_path
) -> None:
    write_plots(evaluation, evaluate_params, tmp_path)
    points = json.loads((tmp_path / "exposure.json").read_bytes())
    last = [point for point in points if point["movies"] == 1]
    assert {point["series"] for point in last} == {"model", "popularity", "train"}
    assert all(point["shown"] == 1 for point in last)


def test_the_report_can_be_written_when_a_model_predicts_nothing(trial, evaluate_params) -> None:
    trial.systems["model"].stars = None
    report = report_evaluation(evaluate_offline(trial, evaluate_params), evaluate_params)
    assert "rmse" not in report["model"]
    assert "rmse_verdict" not in report["difference"]
    canonical_json(report)
