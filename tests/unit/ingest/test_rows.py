import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.ingest.inputs import InputFile
from marquee.ingest.metadata import Rejected
from marquee.ingest.rows import read_movies, read_users


@pytest.fixture
def rows(tmp_path):
    def read(content, reader=read_users):
        path = tmp_path / "metadata"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = list(reader(InputFile(path)))
        kept = [json.loads(row) for row in found if isinstance(row, bytes)]
        return kept, [row for row in found if isinstance(row, Rejected)]

    return read


USER = {"user_id": 12, "age": 27, "occupation": "college/grad student", "gender": "M"}


@pytest.mark.parametrize(
    "content",
    [
        '{"user_id":12,"age":27,"occupation":"college/grad student","gender":"M"}\n',
        "user_id,age,occupation,gender\n12,27,college/grad student,M\n",
        "user_id,age,occupation,gender\r\n12,27,college/grad student,M\r\n",
        "\ufeffgender,user_id,occupation,age\nM,12.0,college/grad student,27.0\n",
        gzip.compress(b"user_id,age,occupation,gender\n12,27,college/grad student,M"),
    ],
    ids=["JSON lines", "CSV", "CRLF", "BOM, other order, numbers of a data frame", "gzip"],
)
def test_users_come_out_in_one_shape(rows, content):
    assert rows(content) == ([USER], [])


def test_what_is_not_known_of_a_user_is_null(rows):
    kept, _ = rows('{"user_id":1,"age":null,"gender":"null"}\n{"user_id":2,"age":""}\n')
    assert kept == [
        {"user_id": number, "age": None, "occupation": None, "gender": None} for number in (1, 2)
    ]


def test_other_fields_of_a_user_are_kept(rows):
    kept, _ = rows("user_id,zip\n1,02139\n")
    assert kept[0]["zip"] == "02139"


def test_movie_rows_mixed_into_users_are_rejected_as_they_stand(rows):
    movie = '{"id":"m+1999","title":"M"}'
    kept, rejected = rows(f"{json.dumps(USER)}\n{movie}\n{json.dumps(USER)}\n")
    assert len(kept) == 2
    assert rejected == [Rejected("metadata", 2, "no user_id: not a user", movie)]


def test_a_movie_row_mixed_into_a_csv_of_users_is_rejected(rows):
    kept, rejected = rows("user_id,age,occupation,gender\n1,2,x,M\nm+1999,80,M,19,en\n2,2,x,M\n")
    assert [row["user_id"] for row in kept] == [1, 2]
    assert [(row.line_number, row.row) for row in rejected] == [(3, "m+1999,80,M,19,en")]


def test_a_column_added_half_way_at_the_end_is_kept_apart(rows):
    kept, rejected = rows("user_id,age,occupation,gender\n1,20,x,M\n2,30,y,M,02139\n")
    assert kept[1] == {
        "user_id": 2,
        "age": 30,
        "occupation": "y",
        "gender": "M",
        "extra": ["02139"],
    }
    assert rejected == []


def test_a_column_added_half_way_in_the_middle_is_rejected_and_not_misread(rows):
    kept, rejected = rows("user_id,age,occupation,gender\n1,20,x,M\n2,30,02139,y,M\n")
    assert len(kept) == 1
    assert rejected[0].reason == "more fields than columns"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,20", "2 fields, expected 4"),
        ("x1,20,a,M", "'x1' is no whole number"),
        (",20,a,M", "user_id"),
        ("1,201,a,M", "age"),
        ("1,-3,a,M", "'-3' is no whole number"),
    ],
)
def test_a_row_that_is_no_user_is_rejected_with_its_reason(rows, row, reason):
    kept, rejected = rows(f"user_id,age,occupation,gender\n{row}\n3,20,a,M\n")
    assert [row["user_id"] for row in kept] == [3]
    assert rejected == [Rejected("metadata", 2, reason, row)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'{"user_id":', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"17", "not a JSON object"),
        (b'{"user_id":1,"gender":"\\ud800"}', "not UTF-8"),
        (b'{"user_id":1,"gender":"\xff"}', "not UTF-8"),
    ],
)
def test_a_line_that_is_no_json_object_is_rejected(rows, row, reason):
    kept, rejected = rows(b'{"user_id":3}\n' + row + b"\n")
    assert len(kept) == 1
    assert [(row.line_number, row.reason) for row in rejected] == [(2, reason)]


def test_an_open_quote_swallows_no_row_silently(rows):
    lines = [f"{number},20,a,M" for number in range(20_000)]
    kept, rejected = rows("\n".join(["user_id,age,occupation,gender", '0,20,"a,M', *lines]))
    text = "\n".join(row.row for row in rejected)
    assert len(kept) + sum(f"\n{line}" in text for line in lines) == len(lines)


def test_a_quote_left_open_near_the_end_costs_its_own_row_alone(rows):
    kept, rejected = rows('user_id,age,occupation,gender\n1,20,"a,M\n2,20,b,M\n3,20,c,M\n')
    assert [row["user_id"] for row in kept] == [2, 3]
    assert rejected == [Rejected("metadata", 2, "unexpected end of data", '1,20,"a,M')]


@pytest.mark.parametrize("closing", ['3,20,c",M', '3,20,"c",M', '3,20,""c"",M", 3'])
def test_a_quote_that_closes_in_a_later_row_takes_no_row_in(rows, closing):
    lines = ['1,20,"a,M', "2,20,b,M", closing, "4,20,d,M"]
    kept, rejected = rows("\n".join(["user_id,age,occupation,gender", *lines]))
    assert [row["user_id"] for row in kept if row["user_id"] != 3] == [2, 4]
    assert (rejected[0].line_number, rejected[0].row) == (2, lines[0])
    assert len(kept) + len(rejected) == len(lines)


def test_a_text_of_several_lines_is_one_field(rows):
    text = "Toys, alive,\nand 2 friends,\n\nat home, in a box"
    csv = f'id,title,overview\na+1999,A,"{text}"\nb+1999,B,\n'
    kept, rejected = rows(csv, read_movies)
    assert [(row["id"], row["overview"]) for row in kept] == [("a+1999", text), ("b+1999", "")]
    assert rejected == []


def test_blank_lines_are_no_rows(rows):
    assert rows("user_id\n1\n\n2\n\n")[1] == []


def test_a_csv_without_a_header_is_refused(rows):
    with pytest.raises(DataError, match=r"whose first line names its columns.*found '12,27"):
        rows("12,27,college/grad student,M\n")


def test_a_movie_keeps_all_that_the_metadata_api_says(rows):
    movie = {
        "id": "toy+story+1995",
        "tmdb_id": 862,
        "title": "Toy Story",
        "genres": [{"id": 16, "name": "Animation"}],
        "runtime": 81,
        "popularity": "21.9",
        "belongs_to_collection": {},
    }
    assert rows(json.dumps(movie) + "\n", read_movies) == ([movie], [])


@pytest.mark.parametrize(
    "genres", ["Animation|Comedy", "\"[{'name': 'Animation'}, {'name': 'Comedy'}]\""]
)
def test_a_movie_of_a_csv_gets_the_same_shape(rows, genres):
    kept, _ = rows(f"movie_id,title,genres,runtime\nm+1999,M,{genres},81\n", read_movies)
    assert kept == [
        {
            "id": "m+1999",
            "title": "M",
            "genres": [{"name": "Animation"}, {"name": "Comedy"}],
            "runtime": 81,
        }
    ]


@pytest.mark.parametrize(
    ("genres", "names"),
    [
        ('[{"id":1,"name":null}]', []),
        ('[{"id":1,"name":"War","adult":true}, true, 3, null]', ["War"]),
        ('["War", {"id": 1}, ["Drama"]]', ["War"]),
        ("['War', None]", ["War"]),
        ("null", []),
    ],
)
def test_only_names_that_are_text_are_genres(rows, genres, names):
    row = {"id": "m+1999", "title": "M", "genres": genres}
    kept, rejected = rows(json.dumps(row) + "\n", read_movies)
    assert [genre["name"] for genre in kept[0]["genres"]] == names
    assert rejected == []


def test_fields_come_out_in_the_order_of_the_row(rows):
    row = '{"id":"m+1999","title":"M","runtime":81,"tmdb_id":9}\n'
    kept, _ = rows(row, read_movies)
    assert list(kept[0]) == ["id", "title", "runtime", "tmdb_id", "genres"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"user_id": 1}, "no id: not a movie"),
        ({"id": "m+1999"}, "no title: not a movie"),
        ({"id": "M (1999)", "title": "M"}, "id"),
        ({"id": "m+1999", "title": "M", "genres": "[oops"}, "genres"),
        ({"id": "m+1999", "title": "M", "genres": "[{[]: 1}]"}, "genres"),
        ({"id": "m+1999", "title": "M", "genres": "[{'name': b'x'}]"}, "genres"),
        ({"id": "m+1999", "title": "M", "genres": "[{1j: 2}]"}, "genres"),
        ({"id": "m+1999", "title": "M", "runtime": "long"}, "'long' is no whole number"),
    ],
)
def test_a_row_that_is_no_movie_is_rejected(rows, row, reason):
    kept, rejected = rows(json.dumps(row) + '\n{"id":"a+1999","title":"A"}\n', read_movies)
    assert [row["id"] for row in kept] == ["a+1999"]
    assert [row.reason for row in rejected] == [reason]


@given(st.text('a1,"\n\r\\{}é\ud800', max_size=40))
def test_of_any_csv_every_row_is_kept_or_rejected(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("rows") / "users.csv"
    path.write_bytes(b"user_id,age\n" + text.encode("utf-8", "surrogatepass") + b"\n7,7\n8,8\n")
    found = list(read_users(InputFile(path)))
    rows = [row.line() if isinstance(row, Rejected) else row for row in found]
    assert all(row.endswith(b"\n") for row in rows)
    assert [json.loads(row).get("user_id") for row in rows[-2:]] == [7, 8]
    lines = [line for line in text.split("\n") if line.strip("\r")]
    assert len(rows) - 2 == len(lines) or '"' in text


def test_a_header_that_csv_cannot_read_is_refused(rows):
    with pytest.raises(DataError, match="names its columns"):
        rows("user_id\rage\n1,2\n")


def test_a_header_whose_quote_takes_in_a_row_is_refused(rows):
    with pytest.raises(DataError, match="names its columns"):
        rows('user_id,"age\n1,20",gender\n')
