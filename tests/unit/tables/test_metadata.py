import json
from typing import Any

import pytest

from marquee.tables.metadata import read_movies, read_users

API_MOVIE = {
    "id": "10+1979",
    "tmdb_id": 9051,
    "imdb_id": "tt0078721",
    "title": "10",
    "adult": "False",
    "budget": "0",
    "genres": [{"id": 35, "name": "Comedy"}, {"id": 10749, "name": "Romance"}],
    "homepage": "null",
    "original_language": "en",
    "popularity": "8.539083",
    "release_date": "1979-10-04",
    "runtime": 122,
    "vote_average": "5.4",
}


def lines(*rows: Any) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


def user(**row: Any) -> dict[str, Any]:
    found = read_users(lines({"user_id": 1, **row})).table.to_pylist()
    assert len(found) == 1
    return dict(found[0])


def movie(**row: Any) -> dict[str, Any]:
    found = read_movies(lines({**API_MOVIE, **row})).table.to_pylist()
    assert len(found) == 1
    return dict(found[0])


def test_a_user_of_the_metadata_api_is_read() -> None:
    row = {"user_id": 12, "age": 27, "occupation": "college/grad student", "gender": "M"}
    assert user(**row) == row


def test_a_movie_of_the_metadata_api_is_read() -> None:
    assert movie() == {
        "movie_id": "10+1979",
        "title": "10",
        "year": 1979,
        "genres": ["Comedy", "Romance"],
        "language": "en",
        "runtime": 122,
    }


@pytest.mark.parametrize(
    ("written", "age"),
    [(27, 27), ("27", 27), (27.0, 27), ("null", None), (None, None), ("x", None), (200, None)],
)
def test_an_age_is_read_however_it_is_written(written: object, age: int | None) -> None:
    assert user(age=written)["age"] == age


@pytest.mark.parametrize("written", [-1, True, 10**30, "27 years", [27], float("inf")])
def test_what_is_no_age_is_null(written: object) -> None:
    assert user(age=written)["age"] is None


@pytest.mark.parametrize("nothing", ["null", None, "", " ", 5])
def test_texts_that_say_nothing_are_null(nothing: object) -> None:
    assert user(gender=nothing, occupation=nothing)["gender"] is None
    assert movie(title=nothing, original_language=nothing)["title"] is None


@pytest.mark.parametrize(
    ("written", "genres"),
    [
        ([], []),
        ("null", []),
        (None, []),
        (["Drama", "Drama"], ["Drama"]),
        ([{"name": "Drama"}, {"id": 3}, {"name": "null"}, None], ["Drama"]),
    ],
)
def test_genres_may_be_empty_or_plain(written: object, genres: list[str]) -> None:
    assert movie(genres=written)["genres"] == genres


@pytest.mark.parametrize(
    ("movie_id", "row", "year"),
    [
        ("up+2009", {"release_date": "null"}, 2009),
        ("up+2009", {"release_date": "2010-01-01"}, 2009),
        ("up+", {"release_date": "2010-01-01"}, 2010),
        ("up+", {"release_date": None}, None),
        ("up+2009", {"year": 2008, "release_date": "2010-01-01"}, 2008),
        ("up+2009", {"year": "2008"}, 2008),
        ("up+2009", {"year": None}, 2009),
        ("up+2009", {"year": 0}, 2009),
        ("up+2009", {"year": 20080}, 2009),
        ("up+0000", {"release_date": None}, None),
    ],
)
def test_the_year_is_the_rows_own_or_that_of_the_id_or_else_of_the_release(
    movie_id: str, row: dict[str, object], year: int | None
) -> None:
    assert movie(id=movie_id, **{"release_date": None, **row})["year"] == year


@pytest.mark.parametrize(("written", "runtime"), [("90", 90), (0, None), ("null", None)])
def test_a_runtime_of_zero_is_unknown(written: object, runtime: int | None) -> None:
    assert movie(runtime=written)["runtime"] == runtime


def test_bad_rows_are_counted_and_the_rest_is_kept() -> None:
    bad = (b"", b"not json", [1], API_MOVIE, {"user_id": "null"}, {"user_id": -1}, b"\xff")
    found = read_users(lines({"user_id": 2}, *bad, {"user_id": "1"}, b'{"user_id": 3, "age'))
    assert found.table["user_id"].to_pylist() == [1, 2]
    assert found.bad_rows == 7


@pytest.mark.parametrize("movie_id", ["Up (2009)", "up", "up+20090", None])
def test_a_movie_that_no_line_could_name_is_bad(movie_id: str | None) -> None:
    found = read_movies(lines(API_MOVIE, {**API_MOVIE, "id": movie_id}))
    assert found.table["movie_id"].to_pylist() == ["10+1979"]
    assert found.bad_rows == 1


def test_of_rows_with_the_same_id_the_last_wins() -> None:
    found = read_users(lines({"user_id": 1, "age": 20}, {"user_id": "1", "age": 21}))
    assert found.table["age"].to_pylist() == [21]
    assert found.repeated_rows == 1


def test_no_rows_are_an_empty_table() -> None:
    assert len(read_users(b"").table) == 0
    assert read_movies(b"").table.schema.names[0] == "movie_id"


def test_text_that_no_file_can_hold_is_replaced() -> None:
    assert movie(title="a\ud800b")["title"] == "a?b"
