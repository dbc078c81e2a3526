from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.tables import schemas
from marquee.tables.columns import ID, QUARANTINE, RECOMMENDATIONS
from marquee.tables.given_ids import GivenIds
from marquee.tables.metadata import MOVIES, USERS
from marquee.tables.schemas import check_table

AT, LATER = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)
SCALE = RatingScale()

PAIR = {"user_id": 1, "movie_id": "up+2009", "at": AT}
GOOD: dict[str, tuple[pa.Schema, dict[str, Any]]] = {
    "ratings": (schemas.RATINGS, PAIR | {"rating": 4.0}),
    "viewings": (schemas.VIEWINGS, PAIR | {"minutes": 2, "last_minute": 3}),
    "accounts": (schemas.ACCOUNTS, {"user_id": 1, "at": AT}),
    "train": (schemas.INTERACTIONS, PAIR | {"rating": None, "minutes": 2}),
    "validation": (schemas.INTERACTIONS, PAIR | {"rating": 1.0, "minutes": 0}),
    "test": (schemas.INTERACTIONS, PAIR | {"rating": 5.0, "minutes": 9}),
    "recommendations": (
        RECOMMENDATIONS,
        {
            "at": AT,
            "user_id": 1,
            "server": "a:1",
            "status": 200,
            "movie_ids": ["up+2009"],
            "error": None,
            "latency_ms": 3,
            "request_id": None,
            "variant": "control",
            "model_version": None,
            "personalised": True,
        },
    ),
    "quarantine": (
        QUARANTINE,
        {"part": "events-00000.log", "offset": 0, "reason": "empty", "line": b"\xff\0"},
    ),
    "users": (USERS, {"user_id": 1, "age": 20, "gender": None, "occupation": "artist"}),
    "movies": (
        MOVIES,
        {
            "movie_id": "up+2009",
            "title": "Up",
            "year": 2009,
            "genres": [],
            "language": None,
            "runtime": 96,
        },
    ),
}


def table(name: str, *changes: dict[str, Any]) -> pa.Table:
    schema, row = GOOD[name]
    return pa.Table.from_pylist([row | change for change in changes], schema)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_table_passes_and_so_does_an_empty_one(name: str) -> None:
    for rows in (table(name, {}), table(name)):
        assert check_table(name, rows, SCALE) is rows


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ratings", {"user_id": -1}),
        ("ratings", {"rating": 4.5}),
        ("ratings", {"rating": 6.0}),
        ("ratings", {"rating": None}),
        ("ratings", {"movie_id": "Up"}),
        ("ratings", {"at": None}),
        ("viewings", {"minutes": -1}),
        ("accounts", {"user_id": -1}),
        ("accounts", {"at": None}),
        ("train", {"rating": None, "minutes": 0}),
        ("recommendations", {"status": 500}),
        ("recommendations", {"error": "refused"}),
        ("recommendations", {"movie_ids": ["up"]}),
        ("recommendations", {"latency_ms": -3}),
        ("quarantine", {"reason": "mood"}),
        ("quarantine", {"offset": -1}),
        ("users", {"age": 131}),
        ("users", {"user_id": None}),
        ("movies", {"runtime": 0}),
        ("movies", {"year": 0}),
        ("movies", {"genres": None}),
        ("movies", {"movie_id": "Up"}),
    ],
)
def test_a_value_that_breaks_the_contract_is_an_error(name: str, change: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=rf"{name}\.parquet would break its contract"):
        check_table(name, table(name, change), SCALE)


@pytest.mark.parametrize(
    ("name", "change", "example"),
    [
        ("ratings", {"user_id": -1}, "-1"),
        ("ratings", {"rating": 4.5}, "4.5"),
        ("ratings", {"movie_id": "Up"}, "'Up'"),
        ("recommendations", {"movie_ids": ["up+2009", "up"]}, "'up'"),
        ("quarantine", {"reason": "mood"}, "'mood'"),
    ],
)
def test_a_value_that_breaks_the_contract_is_shown(
    name: str, change: dict[str, Any], example: str
) -> None:
    with pytest.raises(DataError, match=rf", for example {example}$"):
        check_table(name, table(name, {}, change), SCALE)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("ratings", {"user_id": 2}, {"user_id": 1}),
        ("ratings", {"movie_id": "up+2009"}, {"movie_id": "4+2005"}),
        ("viewings", {"at": LATER}, {"at": AT}),
        ("train", {}, {"at": LATER}),
        ("test", {"user_id": 2}, {"user_id": 1}),
        ("users", {}, {}),
        ("accounts", {}, {}),
        ("accounts", {"at": LATER}, {"at": AT}),
        ("movies", {"movie_id": "up+2009"}, {"movie_id": "4+2005"}),
    ],
)
def test_rows_out_of_order_or_repeated_are_an_error(
    name: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    with pytest.raises(DataError, match="ordered by"):
        check_table(name, table(name, first, second), SCALE)


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_column_or_another_type_is_an_error(name: str) -> None:
    rows = table(name, {})
    with pytest.raises(DataError, match="not in dataframe"):
        check_table(name, rows.drop_columns(rows.column_names[-1]), SCALE)
    with pytest.raises(DataError, match="to have type"):
        check_table(name, rows.set_column(0, rows.column_names[0], pa.array([1.5])), SCALE)


def test_ratings_are_checked_on_the_scale_given() -> None:
    check_table("ratings", table("ratings", {"rating": 4.5}), RatingScale(0.5, 5, 0.5))


GIVEN = GivenIds(users=["10", "2", "Zoë"], movies=['Amélie, "2001"', "tt1"])


def named(name: str, *pairs: tuple[str, str]) -> pa.Table:
    """Rows of (user, movie) as the source gave them, in the columns of a table."""
    rows = table(name, *({} for _ in pairs))
    users, movies = (pa.array(column, ID) for column in zip(*pairs, strict=True))
    return rows.set_column(0, "user_id", users).set_column(1, "movie_id", movies)


@pytest.mark.parametrize("name", ["ratings", "viewings", "train"])
def test_ids_as_given_need_no_grammar_but_their_order(name: str) -> None:
    movies = GIVEN.movies or ()
    rows = named(name, ("10", movies[0]), ("2", "tt1"), ("Zoë", movies[0]), ("Zoë", "tt1"))
    assert check_table(name, rows, SCALE, GIVEN) is rows
    with pytest.raises(DataError, match="ordered by user"):
        check_table(name, named(name, ("2", "tt1"), ("10", "tt1")), SCALE, GIVEN)
    with pytest.raises(DataError, match="ordered by user"):
        check_table(name, named(name, ("2", "tt1"), ("2", movies[0])), SCALE, GIVEN)


@pytest.mark.parametrize(
    ("pair", "found"),
    [(("Zoe", "tt1"), "'Zoe'"), (("2", "tt2"), "'tt2'"), (("2", "up+"), "'up\\+'")],
)
def test_an_id_that_was_never_given_is_refused(pair: tuple[str, str], found: str) -> None:
    with pytest.raises(DataError, match=f"ids of the snapshot>, for example {found}"):
        check_table("ratings", named("ratings", pair), SCALE, GIVEN)


def test_whole_numbers_are_no_ids_where_texts_were_given() -> None:
    with pytest.raises(DataError, match=r"ratings\.parquet would break its contract: .*user_id"):
        check_table("ratings", table("ratings", {"movie_id": "tt1"}), SCALE, GIVEN)
