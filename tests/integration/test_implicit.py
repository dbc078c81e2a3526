"""A platform on which people watch and nobody rates, through every stage."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from marquee.artifacts import read_json
from marquee.commands.metrics import command as metrics
from marquee.errors import ModelError, ParameterError
from marquee.experiments.comparison import compare_runs
from marquee.experiments.project import Run
from marquee.ingest.sources import write_snapshot
from marquee.params import parse_params, read_yaml

PLATFORM = {"users": 400, "movies": 150, "lines": 100_000, "days": 30}
EVERY_INTERACTION = "every interaction: the data has no ratings"
ON_RMSE = {"attribute": "gender", "metric": "rmse", "max_gap": 0.1}
MODELS = ("popularity", "user_knn", "als")


@pytest.fixture(scope="module")
def committed(root: Path) -> dict[str, Any]:
    params: dict[str, Any] = read_yaml(root / "params.yaml")
    params["ingest"]["simulator"] |= PLATFORM
    params["evaluate"]["min_users"] = 20
    params["fairness"]["requirements"] += [ON_RMSE]
    return params


@pytest.fixture(scope="module")
def stage(root: Path) -> Callable[..., Any]:
    """Call a stage as the library function that it is."""

    def run(name: str, params: dict[str, Any], **paths: Path) -> None:
        function = runpy.run_path(str(root / f"stages/{name}.py"))[name]
        function(parse_params(params, where="here"), **paths)

    return run


@pytest.fixture(scope="module")
def data(
    committed: dict[str, Any], stage: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A simulated log without its ratings, ingested and cleaned."""
    folder = tmp_path_factory.mktemp("implicit")
    simulated = folder / "simulated"
    write_snapshot(parse_params(committed, where="here").ingest, folder, simulated, pytest.fail)
    lines = [
        line
        for part in sorted(simulated.glob("events-*.log"))
        for line in part.read_bytes().splitlines(keepends=True)
        if b"/rate/" not in line
    ]
    (folder / "watched.log").write_bytes(b"".join(lines))
    files = {
        "events": [str(folder / "watched.log")],
        "users": str(simulated / "users.jsonl"),
        "movies": str(simulated / "movies.jsonl"),
    }
    params = {**committed, "ingest": {**committed["ingest"], "source": "files", "files": files}}
    reports = folder / "data/reports"
    stage("ingest", params, input=folder, raw=folder / "raw", metrics=reports / "ingest.json")
    stage(
        "clean", params, raw=folder / "raw", tables=folder / "tables",
        metrics=reports / "clean.json", plots=reports / "clean",
    )  # fmt: skip
    return folder


def fitted(params: dict[str, Any], model: str) -> dict[str, Any]:
    return {**params, "train": {**params["train"], "model": model}}


@pytest.fixture(scope="module", params=MODELS)
def run(
    request: pytest.FixtureRequest,
    committed: dict[str, Any],
    stage: Callable[..., Any],
    data: Path,
) -> Run:
    """The reports of a model that was fitted, evaluated and audited."""
    name = str(request.param)
    params, reports = fitted(committed, name), data / "data/reports"
    model, per_user = data / name / "model", data / name / "evaluation"
    stage("train", params, tables=data / "tables", model=model, metrics=reports / "train.json")
    stage(
        "evaluate", params, tables=data / "tables", model=model, per_user=per_user,
        metrics=reports / "evaluate.json", plots=reports / "evaluate",
    )  # fmt: skip
    stage(
        "fairness", params, tables=data / "tables", model=model, per_user=per_user,
        ingest=reports / "ingest.json", clean=reports / "clean.json",
        evaluate=reports / "evaluate.json", metrics=reports / "fairness.json",
        plots=reports / "fairness", card=reports / "model_card.md",
        summary=reports / "summary.json",
    )  # fmt: skip
    return Run(name, params, {path.stem: read_json(path) for path in reports.glob("*.json")})


def test_every_test_movie_that_is_new_to_its_user_is_relevant(run: Run, data: Path) -> None:
    evaluate = run.metrics["evaluate"]
    seen = set()
    for name in ("train", "validation"):
        table = pq.read_table(data / f"tables/{name}.parquet", columns=["user_id", "movie_id"])
        seen |= {tuple(row.values()) for row in table.to_pylist()}
    table = pq.read_table(data / "tables/test.parquet", columns=["user_id", "movie_id"])
    tested = {tuple(row.values()) for row in table.to_pylist()}
    users = {user for user, _ in tested - seen}
    assert evaluate["protocol"]["relevant"] == EVERY_INTERACTION
    assert evaluate["protocol"]["min_relevant_rating"] is None
    assert evaluate["slices"]["all"]["relevant_users"] == len(users)


def test_lists_are_judged_and_ratings_are_not(run: Run) -> None:
    model = run.metrics["evaluate"]["model"]
    assert model["ndcg_at_10"] > 0
    assert not {"rmse", "mae"} & {*model}
    assert run.metrics["train"]["fitted_rmse"] is None
    assert run.metrics["train"]["ratings"] == 0


def test_a_requirement_on_ratings_is_not_measured(run: Run) -> None:
    found = run.metrics["fairness"]["requirements"]["gender_rmse"]
    assert found["verdict"] == "inconclusive"
    assert found["reason"] == "not measured: the model predicts no ratings"
    assert "gap" in run.metrics["fairness"]["requirements"]["activity_ndcg_at_10"]


def test_the_card_says_what_was_relevant(run: Run, data: Path) -> None:
    card = (data / "data/reports/model_card.md").read_text()
    assert f"- relevant movies: {EVERY_INTERACTION}; lists of 10 and 20" in card
    assert "| gender | rmse | – | 0.1 | – | – | **inconclusive**, not measured" in card
    assert "nan" not in card.lower().split()
    assert run.name in card


def test_the_metrics_print(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    for form in ([], ["--markdown"]):
        result = CliRunner().invoke(metrics, form, catch_exceptions=False)
        assert result.exit_code == 0
        assert f"{run.metrics['evaluate']['model']['ndcg_at_10']:.4f}" in result.output
        assert "rmse " not in result.output.replace("gender_rmse", "")


def test_runs_without_ratings_are_compared_by_their_lists(run: Run, tmp_path: Path) -> None:
    asked = {"current": run.params, "cost": "fit_seconds", "folder": tmp_path}
    (comparison,) = compare_runs([run], metric="ndcg_at_10", **asked)
    ndcg = run.metrics["evaluate"]["model"]["ndcg_at_10"]
    assert comparison.rows[0].configuration.quality == ndcg
    with pytest.raises(ParameterError, match=r"rmse: unknown metric, expected .*ndcg_at_10"):
        compare_runs([run], metric="rmse", **asked)


def test_a_model_of_ratings_alone_refuses(
    committed: dict[str, Any], stage: Callable[..., Any], data: Path, tmp_path: Path
) -> None:
    message = r"svd: found \d+ rows without a rating, expected ratings; .* als and user_knn .* need"
    with pytest.raises(ModelError, match=message):
        stage(
            "train", fitted(committed, "svd"), tables=data / "tables",
            model=tmp_path / "model", metrics=tmp_path / "train.json",
        )  # fmt: skip
