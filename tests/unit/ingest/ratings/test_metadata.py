import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.errors import DataError

TABLE = "user,item,rating\nann,x,5\nbob,y,4\n"


def test_users_have_the_numbers_of_the_log(read):
    users = "id;Sex;Age;job\nbob;M;27;artist\ncleo;F;;\n"
    raw = read(files={"r.csv": TABLE, "u.csv": users}, paths="data/input/r.csv", users="u.csv")
    assert raw.rows("user-ids.jsonl") == ["ann", "bob", "cleo"]
    assert raw.rows("users.jsonl") == [
        {"user_id": 1, "age": 27, "occupation": "artist", "gender": "M"},
        {"user_id": 2, "age": None, "occupation": None, "gender": "F"},
    ]


def test_movies_have_title_year_genres_language_and_runtime(read):
    row = {"id": "y", "title": "Y", "year": 1999, "genres": ["A", "B"], "lang": "en", "runtime": 90}
    files = {"r.csv": TABLE, "m.jsonl": json.dumps(row) + "\n"}
    raw = read(files=files, paths="data/input/r.csv", movies="m.jsonl")
    (movie,) = raw.rows("movies.jsonl")
    assert movie["id"] == "1+"
    assert (movie["title"], movie["release_date"]) == ("Y", "1999")
    assert [genre["name"] for genre in movie["genres"]] == ["A", "B"]
    assert (movie["original_language"], movie["runtime"]) == ("en", 90)


@pytest.mark.parametrize("genres", ["A|B", '"A, B"', '"[""A"", ""B""]"', "\"['A', 'B']\""])
def test_genres_are_joined_in_several_ways(read, genres):
    files = {"r.csv": TABLE, "m.csv": f"movieId,title,genres\nx,X,{genres}\n"}
    raw = read(files=files, paths="data/input/r.csv", movies="m.csv")
    assert [genre["name"] for genre in raw.rows("movies.jsonl")[0]["genres"]] == ["A", "B"]


def test_genres_of_parquet_are_lists(read, tmp_path):
    (tmp_path / "data/input").mkdir(parents=True)
    table = pa.table({"item_id": ["x"], "genres": [["A", "B"]], "year": [1999.0]})
    pq.write_table(table, tmp_path / "data/input/m.parquet")
    files = {"r.csv": TABLE, "m.parquet": None}
    raw = read(files=files, paths="data/input/r.csv", movies="m.parquet")
    (movie,) = raw.rows("movies.jsonl")
    assert [genre["name"] for genre in movie["genres"]] == ["A", "B"]
    assert (movie["title"], movie["year"]) == ("x", 1999)


def test_parquet_of_bytes_dates_and_decimals_is_text(read, tmp_path):
    (tmp_path / "data/input").mkdir(parents=True)
    columns = {
        "item_id": [Decimal("7.00"), None],
        "title": [b"Seven", b"?"],
        "released": [date(1995, 9, 22), None],
        "language": [b"en", None],
        "runtime": [127.0, None],
    }
    pq.write_table(pa.table(columns), tmp_path / "data/input/m.parquet")
    files = {"r.csv": TABLE, "m.parquet": None}
    raw = read(files=files, paths="data/input/r.csv", movies="m.parquet")
    assert raw.rows("movie-ids.jsonl")[0] == "7"
    (movie,) = raw.rows("movies.jsonl")
    assert (movie["title"], movie["year"]) == ("Seven", 1995)
    assert (movie["original_language"], movie["runtime"]) == ("en", 127)
    assert [row["reason"] for row in raw.rows("rejected-metadata.jsonl")] == ["an empty id"]


def test_ids_that_are_lists_name_the_file(read, tmp_path):
    (tmp_path / "data/input").mkdir(parents=True)
    pq.write_table(pa.table({"item_id": [["x"]]}), tmp_path / "data/input/m.parquet")
    with pytest.raises(DataError, match=r"m\.parquet: a column of list<.*> cannot be an id"):
        read(
            files={"r.csv": TABLE, "m.parquet": None}, paths="data/input/r.csv", movies="m.parquet"
        )


def test_a_year_may_stand_in_the_title(read):
    files = {"r.csv": TABLE, "m.csv": 'movieId,title\nx,"Matrix, The (1999)"\ny,1984\n'}
    raw = read(files=files, paths="data/input/r.csv", movies="m.csv")
    movies = raw.rows("movies.jsonl")
    assert [(movie["title"], movie.get("year")) for movie in movies] == [
        ("The Matrix", 1999),
        ("1984", None),
    ]


def test_rows_of_metadata_that_cannot_be_read_say_why(read):
    files = {"r.csv": TABLE, "u.csv": "user,age\nann,old\n,4\nbob,30\n"}
    raw = read(files=files, paths="data/input/r.csv", users="u.csv")
    assert [(row["line_number"], row["reason"]) for row in raw.rows("rejected-metadata.jsonl")] == [
        (2, "'old' is no whole number"),
        (3, "an empty id"),
    ]


def test_columns_of_metadata_can_be_named(read):
    files = {"r.csv": TABLE, "u.csv": "who,years\nann,41\n"}
    columns = {"user": "who", "age": "years"}
    raw = read(files=files, paths="data/input/r.csv", users="u.csv", users_columns=columns)
    assert raw.rows("users.jsonl")[0]["age"] == 41


def test_a_table_of_users_without_ids_names_its_key(read):
    files = {"r.csv": TABLE, "u.csv": "who,years\nann,41\n"}
    with pytest.raises(DataError, match=r"set ingest\.ratings\.users\.columns\.user to"):
        read(files=files, paths="data/input/r.csv", users="u.csv")
