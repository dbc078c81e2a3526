"""The stage that fits: what it reads, what it says."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.artifacts import read_json, tree_bytes
from marquee.errors import DataError
from marquee.models.bundle import Bundle
from marquee.models.registry import load_model
from marquee.params import Params, load_params
from marquee.tables.metadata import MOVIES as METADATA

from .examples import make_params

ROWS = {
    "train": [(1, "a+1999", 4.0, 0), (2, "a+1999", 2.0, 9)],
    "validation": [(2, "b+1999", None, 30)],
}
MOVIES = [{"movie_id": "b+1999", "title": "B, the film", "year": 1999, "genres": ["War"]}]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    for split, rows in ROWS.items():
        users, movies, stars, minutes = zip(*rows, strict=True)
        columns = {
            "user_id": pa.array(users, pa.int64()),
            "movie_id": pa.array(movies, pa.string()).dictionary_encode(),
            "at": pa.array(range(len(rows)), pa.timestamp("us", "UTC")),
            "rating": pa.array(stars, pa.float32()),
            "minutes": pa.array(minutes, pa.int32()),
        }
        pq.write_table(pa.table(columns), tmp_path / f"{split}.parquet")
    pq.write_table(pa.Table.from_pylist(MOVIES, METADATA), tmp_path / "movies.parquet")
    return tmp_path


@pytest.fixture
def train(root: Path) -> Callable[..., Any]:
    stage: Callable[..., Any] = runpy.run_path(str(root / "stages/train.py"))["train"]
    return stage


def choose(example: Path, fit_on: str) -> Params:
    chosen = make_params("popularity").model_copy(update={"fit_on": fit_on})
    return load_params(example / "params.yaml").model_copy(update={"train": chosen})


def test_it_saves_a_model_with_its_facts_and_tells_its_costs(
    train: Callable[..., Any], example: Path, tables: Path
) -> None:
    params = choose(example, "train+validation")

    costs = train(params, tables=tables, model=tables / "model", metrics=tables / "train.json")

    assert load_model(tables / "model").recommend(404, 9) == ["a+1999", "b+1999"]
    assert read_json(tables / "train.json") == {
        "model": "popularity",
        "fit_on": "train+validation",
        "rows": 3,
        "ratings": 2,
        "users": 2,
        "movies": 2,
        "parameters": 4,
        "fitted_rmse": 1.0,
    }
    assert costs["model_bytes"] == tree_bytes(tables / "model")
    assert set(costs) == {"fit_seconds", "model_bytes"}


def test_the_folder_holds_what_movies_are_called_and_what_users_met(
    train: Callable[..., Any], root: Path, tables: Path
) -> None:
    params = choose(root, "train+validation")
    train(params, tables=tables, model=tables / "model", metrics=tables / "train.json")

    found = Bundle.load(tables / "model")

    assert found.catalogue[0] == ("a+1999", "a+1999", None, ())
    assert found.catalogue[1] == ("b+1999", "B, the film", 1999, ("War",))
    assert found.histories[2].tolist() == [0, 1]


def test_it_reads_no_split_that_it_is_not_fitted_on(
    train: Callable[..., Any], example: Path, tables: Path
) -> None:
    (tables / "validation.parquet").unlink()

    train(
        choose(example, "train"),
        tables=tables,
        model=tables / "model",
        metrics=tables / "train.json",
    )

    assert np.array_equal(load_model(tables / "model").movie_ids, ["a+1999"])
    with pytest.raises(DataError, match=r"validation.parquet: no such file"):
        train(
            choose(example, "train+validation"),
            tables=tables,
            model=tables / "m",
            metrics=tables / "t.json",
        )
