"""The metric gate judges real models, fitted and evaluated on a small simulated platform."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marquee.evaluation.offline import evaluate_offline
from marquee.evaluation.outputs import write_per_user
from marquee.evaluation.trial import open_trial
from marquee.experiments.gate import Judgement, judge_change
from marquee.ingest.sources import write_snapshot
from marquee.models.registry import fit_model
from marquee.params import Params, parse_params, read_yaml
from marquee.tables.clean import clean
from marquee.tables.interactions import read_interactions

PLATFORM = {"users": 900, "movies": 300, "lines": 300_000, "days": 30}


@pytest.fixture(scope="module")
def committed(root: Path) -> dict[str, Any]:
    params: dict[str, Any] = read_yaml(root / "params.yaml")
    params["ingest"]["simulator"] |= PLATFORM
    params["train"]["als"] |= {"iterations": 5}
    return params


@pytest.fixture(scope="module")
def tables(committed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    params, folder = parse_params(committed, where="here"), tmp_path_factory.mktemp("platform")
    write_snapshot(params.ingest, folder, folder / "raw", pytest.fail)
    clean(params.clean, raw=folder / "raw", tables=folder / "tables", plots=folder / "plots")
    return folder / "tables"


@pytest.fixture
def judge(committed: dict[str, Any], tables: Path, tmp_path: Path) -> Callable[..., Judgement]:
    """Run base and change, each by its own ``train`` parameters, and judge them by the gate."""

    def run(name: str, model: str, seed: int, settings: dict[str, Any]) -> Path:
        train = {**committed["train"], "model": model, "seed": seed}
        train[model] = {**train[model], **settings}
        params = parse_params({**committed, "train": train}, where=name)
        fit_and_evaluate(tables, params, tmp_path / name)
        return tmp_path / name / "evaluation"

    def judge(base: tuple[Any, ...], change: tuple[Any, ...]) -> Judgement:
        asked = parse_params(committed, where="here").evaluate
        return judge_change(
            run("base", *base),
            run("change", *change),
            metric=asked.gate.metric,
            margin=asked.gate.margin,
            min_users=asked.min_users,
            bootstrap=asked.bootstrap,
        )

    return judge


def fit_and_evaluate(tables: Path, params: Params, folder: Path) -> None:
    splits = [tables / f"{split}.parquet" for split in params.train.fit_on.split("+")]
    fit_model(read_interactions(splits), params.train).save(folder / "model")
    trial = open_trial(tables, folder / "model", params.evaluate, baseline=params.train)
    evaluation = evaluate_offline(trial, params.evaluate)
    write_per_user(evaluation, params.evaluate, folder / "evaluation")


@pytest.mark.parametrize("model", ["svd", "als"])
def test_a_mere_change_of_seed_does_not_fail(judge: Callable[..., Judgement], model: str) -> None:
    judgement = judge((model, 1, {}), (model, 2, {}))
    assert judgement.difference != 0
    assert judgement.verdict not in ("fail", "worse")


@pytest.mark.parametrize(
    ("base", "worse"),
    [
        (("user_knn", 1, {}), ("user_knn", 1, {"neighbours": 1, "smoothing": 0.001})),
        (("user_knn", 1, {}), ("popularity", 1, {})),
        (("als", 1, {}), ("als", 1, {"factors": 1})),
    ],
    ids=["one neighbour", "popularity instead", "one factor"],
)
def test_a_model_made_worse_on_purpose_fails(
    judge: Callable[..., Judgement], base: tuple[Any, ...], worse: tuple[Any, ...]
) -> None:
    judgement = judge(base, worse)
    assert judgement.verdict == "fail"
