import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.snapshot import Snapshot
from marquee.params import CleanParams, load_params
from marquee.tables.clean import clean
from marquee.tables.ids import fault_of_id
from marquee.tables.interactions import read_interactions

from .conftest import SnapshotWriter

IDS = st.text(min_size=1, max_size=200).filter(lambda text: fault_of_id(text) is None)
USERS = ["Zoë", "a,b", "line\nbreak", 'quo"te', "zz"]
MOVIES = ["$1", "Amélie", "The Matrix (1999)", "映画", "🎬"]


@pytest.fixture(scope="module")
def params(root: Path) -> CleanParams:
    params = load_params(root / "params.yaml").clean
    split = params.split.model_copy(update={"method": "random", "folds": 2, "validation": 0})
    return params.model_copy(
        update={"split": split, "min_ratings_per_user": 1, "min_ratings_per_movie": 1}
    )


def jsonl(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def log(users: int, movies: int, *more: str) -> bytes:
    lines = [
        f"2025-01-{1 + user:02}T00:{movie:02},{user},GET /{what}"
        for user in range(users)
        for movie in range(movies)
        for what in (f"rate/{movie}+={1 + (user + movie) % 5}", f"data/m/{movie}+/3.mpg")
    ]
    return "\n".join([*lines, *more]).encode() + b"\n"


def tables(params: CleanParams, folder: Path) -> dict[str, pa.Table]:
    out = folder.parent / "out"
    clean(params, raw=folder, tables=out / "tables", plots=out / "plots")
    return {path.stem: pq.read_table(path) for path in (out / "tables").glob("*.parquet")}


@settings(max_examples=10)
@given(st.sets(IDS, min_size=4, max_size=6), st.sets(IDS, min_size=4, max_size=6))
def test_ids_of_any_shape_survive_to_the_tables(
    params: CleanParams, tmp_path_factory: pytest.TempPathFactory, users: set[str], movies: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("any") / "raw"
    snapshot = Snapshot(folder)
    snapshot.write_events([log(len(users), len(movies))], RatingScale())
    snapshot.write_ids("users", sorted(users))
    snapshot.write_ids("movies", sorted(movies))
    snapshot.finish("ratings", {})
    ratings = tables(params, folder)["ratings"].to_pylist()
    assert [(row["user_id"], row["movie_id"], row["rating"]) for row in ratings] == [
        (user_id, movie_id, 1 + (user + movie) % 5)
        for user, user_id in enumerate(sorted(users))
        for movie, movie_id in enumerate(sorted(movies))
    ]
    splits = [folder.parent / f"out/tables/{name}.parquet" for name in ("train", "test")]
    found = read_interactions(splits)
    assert found.user_ids.tolist() == sorted(users)
    assert found.movie_ids.tolist() == sorted(movies)


def test_every_table_has_the_ids_as_given(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    joined = "2025-02-01T00:00,1,GET /create_account"
    answer = "2025-02-02T00:00,2,recommendation request a:1, status 200, result: 4+, 0+, 3 ms"
    failed = "2025-02-03T00:00,3,recommendation request a:1, status 500, result: boom, 3 ms"
    found = tables(
        params,
        write_snapshot(
            log(5, 5, joined, answer, failed),
            users=jsonl({"user_id": 3, "age": 30}, {"user_id": 0, "age": 40}),
            movies=jsonl(
                {"id": "4+", "title": "E", "year": 1994, "genres": ["Drama"]},
                {"id": "0+", "title": "A"},
            ),
            **{"user-ids": jsonl(*USERS), "movie-ids": jsonl(*MOVIES)},
        ),
    )
    assert found["accounts"]["user_id"].to_pylist() == [USERS[1]]
    assert found["recommendations"]["user_id"].to_pylist() == [USERS[2], USERS[3]]
    assert found["recommendations"]["movie_ids"].to_pylist() == [[MOVIES[4], MOVIES[0]], []]
    assert found["users"].select(["user_id", "age"]).to_pylist() == [
        {"user_id": USERS[0], "age": 40},
        {"user_id": USERS[3], "age": 30},
    ]
    assert found["movies"].select(["movie_id", "year"]).to_pylist() == [
        {"movie_id": MOVIES[0], "year": None},
        {"movie_id": MOVIES[4], "year": 1994},
    ]
    for name in ("ratings", "viewings", "train", "test", "users", "accounts", "recommendations"):
        assert pa.types.is_dictionary(found[name]["user_id"].type)
        assert set(found[name]["user_id"].to_pylist()) <= set(USERS)
    for name in ("ratings", "viewings", "train", "test"):
        assert set(found[name]["movie_id"].to_pylist()) <= set(MOVIES)


def test_more_than_ten_movies_are_in_the_order_of_their_ids(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    """By number as text, movie 10 would come before movie 2."""
    ids = [f"{letter}" for letter in "abcdefghijkl"]
    found = tables(params, write_snapshot(log(3, 12), **{"movie-ids": jsonl(*ids)}))
    assert found["ratings"]["movie_id"].to_pylist()[:12] == ids
    assert found["ratings"]["user_id"].type == pa.int64()


def test_metadata_of_named_users_is_found(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    folder = write_snapshot(log(5, 5), users=jsonl({"user_id": 2}), **{"user-ids": jsonl(*USERS)})
    out = folder.parent / "out"
    report = clean(params, raw=folder, tables=out / "tables", plots=out / "plots")
    assert report["users"]["seen"] == 5
    assert report["users"]["without_metadata"] == 4


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2025-01-01T00:00,5,GET /rate/0+=3", r"raw/user-ids\.jsonl: it has no id for user 5 "),
        ("2025-01-01T00:00,9,GET /create_account", r"user-ids\.jsonl: it has no id for user 9 "),
        (
            "2025-01-01T00:00,0,GET /rate/5+=3",
            r"raw/movie-ids\.jsonl: .* movie '5\+'",
        ),
        ("2025-01-01T00:00,0,GET /rate/up+2009=3", r"movie-ids\.jsonl: .* movie 'up\+2009'"),
        ("2025-01-01T00:00,0,GET /rate/01+=3", r"movie-ids\.jsonl: .* movie '01\+'"),
        (
            "2025-01-01T00:00,0,recommendation request a:1, status 200, result: 7+, 3 ms",
            r"movie-ids\.jsonl: .* movie '7\+'",
        ),
    ],
)
def test_a_number_of_the_log_without_an_id_names_the_part(
    params: CleanParams, write_snapshot: SnapshotWriter, line: str, message: str
) -> None:
    ids = {"user-ids": jsonl(*USERS), "movie-ids": jsonl(*MOVIES)}
    with pytest.raises(DataError, match=message):
        tables(params, write_snapshot(log(5, 5, line), **ids))


def test_metadata_of_a_number_without_an_id_names_the_part(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    ids = {"user-ids": jsonl(*USERS)}
    with pytest.raises(DataError, match=r"user-ids\.jsonl: it has no id for user 5 "):
        tables(params, write_snapshot(log(5, 5), users=jsonl({"user_id": 5}), **ids))
