"""A small platform whose tables, models and truth are known by construction."""

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.artifacts import write_json
from marquee.evaluation.relevance import read_relevance
from marquee.evaluation.scores import describe_catalogue
from marquee.evaluation.trial import Trial
from marquee.evaluation.truth import find_truth
from marquee.models.registry import fit_model
from marquee.params import EvaluateParams, Params, TrainParams, load_params
from marquee.tables.interactions import Interactions, read_interactions

Rows = list[tuple[int, str, float | None]]


def write_split(path: Path, rows: Rows) -> None:
    """Write (user, movie, rating) rows as a split table."""
    rows = sorted(rows)
    table = {
        "user_id": pa.array([row[0] for row in rows], pa.int64()),
        "movie_id": pa.array([row[1] for row in rows], pa.string()).dictionary_encode(),
        "at": pa.array([0] * len(rows), pa.timestamp("us", "UTC")),
        "rating": pa.array([row[2] for row in rows], pa.float32()),
        "minutes": pa.array([0] * len(rows), pa.int32()),
    }
    pq.write_table(pa.table(table), path)


def write_metadata(folder: Path, genres: dict[str, list[str]], users: dict[int, tuple]) -> None:
    """Write movies' genres and users' (age, gender, occupation)."""
    movies = {
        "movie_id": pa.array(genres.keys(), pa.string()),
        "genres": pa.array(genres.values(), pa.list_(pa.string())),
    }
    people = {
        "user_id": pa.array(users.keys(), pa.int64()),
        "age": pa.array([row[0] for row in users.values()], pa.int32()),
        "gender": pa.array([row[1] for row in users.values()], pa.string()),
        "occupation": pa.array([row[2] for row in users.values()], pa.string()),
    }
    pq.write_table(pa.table(movies), folder / "movies.parquet")
    pq.write_table(pa.table(people), folder / "users.parquet")


class Scripted:
    """A model that recommends what it is told, the same kinds of list for everyone."""

    name: ClassVar[str] = "scripted"

    def __init__(self, fitted: Interactions, lists: dict[int, list[str]], stars: float | None):
        self.user_ids, self.movie_ids = fitted.user_ids, fitted.movie_ids
        self.lists, self.stars = lists, stars

    def recommend(self, user_id: int, n: int, exclude: Collection[str] = ()) -> list[str]:
        return [movie for movie in self.lists.get(user_id, []) if movie not in exclude][:n]

    def recommend_many(self, user_ids, n, exclude=None):  # noqa: ARG002
        ranked = np.full((len(user_ids), n), -1, np.int32)
        for row, user_id in enumerate(user_ids.tolist()):
            movies = self.recommend(user_id, n)
            ranked[row, : len(movies)] = np.searchsorted(self.movie_ids, movies)
        return ranked

    def predict(self, user_ids, movie_ids):  # noqa: ARG002
        return None if self.stars is None else np.full(len(user_ids), self.stars, np.float32)


@pytest.fixture(scope="session")
def params(example: Path) -> Params:
    return load_params(example / "params.yaml")


@pytest.fixture(scope="session")
def train_params(params: Params) -> TrainParams:
    return params.train.model_copy(update={"model": "popularity"})


@pytest.fixture(scope="session")
def evaluate_params(params: Params) -> EvaluateParams:
    gate = params.evaluate.gate.model_copy(update={"metric": "ndcg_at_2"})
    return params.evaluate.model_copy(update={"cutoffs": (2, 4), "min_users": 20, "gate": gate})


N_USERS = 60


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Sixty warm users: all met a; the even ones met b and then like c, the odd ones like d.

    User 900 is cold and likes c; user 901 is cold and likes a movie that nobody met before.
    """
    folder = tmp_path / "tables"
    folder.mkdir()
    train: Rows = [(user, "a", 4.0) for user in range(N_USERS)]
    train += [(user, "b", 2.0) for user in range(0, N_USERS, 2)]
    train += [(800, movie, 3.0) for movie in "cdef"]
    test: Rows = [(user, "d" if user % 2 else "c", 5.0) for user in range(N_USERS)]
    test += [(user, "a", 5.0) for user in range(5)]
    test += [(user, "e", 2.0) for user in range(10)] + [(50, "f", None)]
    test += [(900, "c", 4.0), (901, "new", 5.0), (7, "new", 4.0)]
    write_split(folder / "train.parquet", train)
    write_split(folder / "validation.parquet", [(1, "e", 4.0)])
    write_split(folder / "test.parquet", test)
    write_json(folder / "ratings.json", {"scale": {"min": 1, "max": 5, "step": 1}, "rows": 185})
    write_json(folder / "split.json", {"label": "a made-up split", "method": "temporal"})
    write_metadata(
        folder,
        {"a": ["Drama"], "b": ["Comedy", "Drama"], "c": ["Comedy"], "d": ["Horror"], "e": []},
        {user: (20 + user, "F" if user % 3 else "M", "artist") for user in range(50)},
    )
    return folder


@pytest.fixture
def trial(tables: Path, evaluate_params: EvaluateParams, train_params: TrainParams) -> Trial:
    """A model that knows what everyone likes, beside popularity."""
    fitted = read_interactions([tables / "train.parquet"])
    tested = read_interactions([tables / "test.parquet"])
    relevance = read_relevance(tables, evaluate_params.min_relevant_rating)
    lists = {user: ["d" if user % 2 else "c", "f"] for user in range(N_USERS)} | {900: ["f", "c"]}
    return Trial(
        model_name="scripted",
        fit_on="train",
        split={"label": "a made-up split"},
        systems={
            "model": Scripted(fitted, lists, stars=4.0),
            "popularity": fit_model(fitted, train_params),
        },
        fitted=fitted,
        relevance=relevance,
        truth=find_truth(tested, fitted, relevance.of),
        catalogue=describe_catalogue(fitted, np.zeros((len(fitted.movie_ids), 0), np.uint8)),
    )
