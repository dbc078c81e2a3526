import gzip
import json
import zipfile
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.errors import DataError
from marquee.ingest.sources import snapshot_metrics

ROWS = [("007", "tt0114709", "4.5", "964982703"), ("ü", "b,c", "3", "964982704")]
EVENTS = [
    "2000-07-30T18:45:03 007 GET /rate tt0114709 4.5",
    "2000-07-30T18:45:04 ü GET /rate b,c 3",
]


def quoted(row, delimiter):
    return delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "^", "\x01", "~"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_text_is_divided_by_whatever_divides_its_header(read, delimiter, newline):
    rows = [("user_id", "item", "rating", "time"), *ROWS]
    raw = read(newline.join(quoted(row, delimiter) for row in rows), name="ratings.txt")
    assert raw.events == EVENTS
    assert raw.faults == []


def test_a_delimiter_may_be_two_marks(read):
    raw = read("user::item::rating::time\n" + "\n".join("::".join(row) for row in ROWS))
    assert raw.events == EVENTS
    assert raw.manifest["origin"]["events"][0]["format"] == "text divided by '::'"


def test_the_four_numbers_of_movielens_need_no_header(read):
    raw = read("196\t242\t3\t881250949\n186\t302\t3\t891717742\n", name="u.data")
    assert raw.events[0] == "1997-12-04T15:55:49 196 GET /rate 242 3"
    assert raw.manifest["origin"]["events"][0]["columns"] == {
        "user": "user",
        "movie": "movie",
        "rating": "rating",
        "timestamp": "timestamp",
    }


def test_columns_given_by_number_need_no_header(read):
    raw = read("5;b;a\n4;d;c\n", user=3, movie=2, rating=1)
    assert raw.events == [
        "1970-01-01T00:00:00 a GET /rate b 5",
        "1970-01-01T00:00:00 c GET /rate d 4",
    ]


def test_columns_given_by_number_leave_out_a_header_that_is_there(read):
    raw = read("x,y,z\nb,5,a\nd,4,c\n", user=3, movie=1, rating=2)
    assert len(raw.log) == 2
    assert raw.faults == []


def test_a_file_without_a_header_that_could_be_anything_says_so(read):
    with pytest.raises(
        DataError, match=r"the first line names no columns \('1,2,5'\): where the .* --movie 2"
    ):
        read("1,2,5\n1,3,4\n")


def test_a_header_of_unknown_names_lists_them(read):
    with pytest.raises(DataError, match=r"no column for the user .* 'who', 'what', 'how': set"):
        read("who,what,how\n1,2,5\n")


def test_a_decimal_comma_is_a_point(read):
    raw = read("user;item;rating\n1;2;3,5\n1;3;4\n")
    assert raw.events[0].endswith("3.5")


def test_gzip_is_told_by_content(read):
    raw = read(gzip.compress(b"user,item\n1,2\n"), name="clicks.csv")
    assert raw.events == ["1970-01-01T00:00:00 1 GET /data/m 2 0.mpg"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(read):
    assert read("\ufeffuser,item\n1,2\n").manifest["counts"]["lines"] == 1


def test_blank_lines_are_nothing(read):
    raw = read("\nuser,item\n\n1,2\n\r\n1,3\n\n")
    assert len(raw.log) == 2
    assert raw.faults == []


def test_a_newline_in_quotes_ends_no_row(read):
    text = 'user,review,item\n1,"good,\nbut ""long""\n",2\n2,short,3\n3,4\n'
    raw = read(text)
    assert [event.split()[1] for event in raw.events] == ["1", "2"]
    assert raw.faults == [("ratings.csv", 6, "fields")]


def test_a_quote_left_open_costs_its_own_line(read):
    raw = read('user,item,rating\n1,2,5\n1,"3,4\n1,4,3\n1,"5",2\n')
    assert raw.faults == [("ratings.csv", 3, "fields")]
    assert [event.split()[-2] for event in raw.events] == ["2", "4", "5"]


def test_lines_in_another_encoding_are_rejected_alone(read):
    raw = read("user,item\né,1\n".encode() + "é,2\n".encode("latin-1") + b"e,3\n")
    assert raw.faults == [("ratings.csv", 3, "not_utf8")]
    assert len(raw.log) == 2


def test_json_lines_are_objects(read):
    rows = [{"user": 7, "item": "b", "rating": 4.0}, {"item": "c", "user": "7", "rating": 3.5}]
    raw = read("\n".join(map(json.dumps, rows)) + "\n\n[1]\n{broken\n", name="r.jsonl")
    assert raw.events == [
        "1970-01-01T00:00:00 7 GET /rate b 4",
        "1970-01-01T00:00:00 7 GET /rate c 3.5",
    ]
    assert raw.faults == [("r.jsonl", 4, "fields"), ("r.jsonl", 5, "fields")]


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        (pa.array([2**62, 7]), [str(2**62), "7"]),
        (pa.array([7.0, None]), ["7"]),
        (pa.array(["007", "7"]), ["007", "7"]),
        (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
        (pa.array([b"a", b"b"]), ["a", "b"]),
    ],
)
def test_ids_of_parquet_are_their_text(read, tmp_path, ids, shown):
    at = pa.array([datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)])
    table = pa.table({"user": ids, "item": ["x", "y"], "date": at})
    (tmp_path / "data/input").mkdir(parents=True)
    pq.write_table(table, tmp_path / "data/input/r.parquet")
    raw = read(None, name="r.parquet")
    assert [event.split()[1] for event in raw.events] == shown
    assert raw.events[0].startswith("2020-01-01T00:00:00 ")


def test_ratings_of_32_bits_are_what_they_say(read, tmp_path):
    ratings = pa.array([3.3, float("nan"), 4.0], pa.float32())
    table = pa.table({"user": [1, 2, 3], "item": [1, 1, 1], "rating": ratings})
    (tmp_path / "data/input").mkdir(parents=True)
    pq.write_table(table, tmp_path / "data/input/r.parquet")
    raw = read(None, name="r.parquet")
    assert [event.split()[-1] for event in raw.events] == ["3.3", "4"]
    assert raw.faults == [("r.parquet", 2, "rating")]
    assert '"rating": NaN' in raw.rows("rejected-events.jsonl")[0]["row"]


@pytest.mark.parametrize("column", ["user", "movie", "rating"])
def test_a_column_of_lists_is_an_error_that_names_the_file(read, tmp_path, column):
    (tmp_path / "data/input").mkdir(parents=True)
    table = pa.table({"user": [1], "movie": [2], "rating": [3]} | {column: [[1]]})
    pq.write_table(table, tmp_path / "data/input/r.parquet")
    with pytest.raises(DataError, match=r"r\.parquet: a column of list<.*> cannot be an id or a"):
        read(None, name="r.parquet")


def test_a_column_without_any_value_is_one_without_a_type(read, tmp_path):
    (tmp_path / "data/input").mkdir(parents=True)
    table = pa.table({"user": [1], "movie": [2], "rating": pa.nulls(1), "event": ["view"]})
    pq.write_table(table, tmp_path / "data/input/r.parquet")
    assert len(read(None, name="r.parquet").log) == 1


def test_a_rejected_row_may_have_a_time_that_python_cannot_tell(read, tmp_path):
    (tmp_path / "data/input").mkdir(parents=True)
    times = pa.array([0, -(10**12)], pa.timestamp("s"))
    table = pa.table({"user": [1, 1], "movie": [2, 3], "timestamp": times})
    pq.write_table(table, tmp_path / "data/input/r.parquet")
    raw = read(None, name="r.parquet")
    assert raw.faults == [("r.parquet", 2, "timestamp")]
    assert '"movie": "[ 3 ]"' in raw.rows("rejected-events.jsonl")[0]["row"]


def test_a_damaged_parquet_is_named(read):
    with pytest.raises(DataError, match=r"r\.parquet: a damaged Parquet file"):
        read(b"PAR1 and no more PAR1", name="r.parquet")


def test_a_zip_is_to_be_unpacked(read, tmp_path):
    (tmp_path / "data/input").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "data/input/r.zip", "w") as file:
        file.writestr("ratings.csv", "user,item\n1,2\n")
    with pytest.raises(DataError, match=r"r\.zip: a zip \(or a spreadsheet\): unpack it"):
        read(None, name="r.zip")


def test_one_json_array_is_no_json_lines(read):
    with pytest.raises(DataError, match="one JSON array, expected JSON lines"):
        read('[{"user": 1}]')


@pytest.mark.parametrize("damage", [b"", b"\n", b"5,6\n", b'5,"6,7,8\n', b"5,6,7,\xe9,9\n"])
def test_bytes_that_are_no_utf8_in_an_unused_column_cost_no_row(read, capfd, damage):
    raw = read(b"user,movie,rating,title\n1,2,3,Am\xe9lie\n" + damage + b"2,3,4,Alien\n")
    assert [event.split()[-1] for event in raw.events] == ["3", "4"]
    assert [reason for _, _, reason in raw.faults] == ["fields"] * bool(damage.strip())
    assert "Traceback" not in capfd.readouterr().err


def test_a_quote_left_open_in_long_texts_costs_a_row(read):
    texts = ["bla " * 600] * 150
    texts[3] = f'"{texts[3]}'
    rows = [f"{n},m,3,{text}\n" for n, text in enumerate(texts)]
    raw = read("user,movie,rating,review\n" + "".join(rows))
    assert len(raw.log) == 149
    assert raw.faults == [("ratings.csv", 5, "fields")]


def test_text_that_is_no_table_shows_its_first_line(read):
    with pytest.raises(DataError, match=r"expected a table of ratings, .* found 'hello'"):
        read("hello\nworld\n")


def test_several_files_are_one_table(read):
    files = {"a.csv": "user,item,ts\n1,2,20\n", "b.tsv": "time\titem\tuser\n10\t3\t1\n"}
    raw = read(files=files)
    assert [event.split()[-2] for event in raw.events] == ["3", "2"]
    assert [file["name"] for file in raw.manifest["origin"]["events"]] == ["a.csv", "b.tsv"]


def test_files_of_one_name_in_two_folders_are_told_apart(read):
    files = {"may/r.csv": "user,item\n1,2\n", "june/r.csv": "uid,item\n1,3\n,4\n"}
    raw = read(files=files)
    assert [file["name"] for file in raw.manifest["origin"]["events"]] == [*files]
    assert raw.faults == [("june/r.csv", 3, "user_id")]
    columns = {
        name: each["columns"] for name, each in snapshot_metrics(raw.manifest)["read_as"].items()
    }
    assert [columns[name]["user"] for name in files] == ["user", "uid"]


def test_files_with_times_and_without_are_not_mixed(read):
    with pytest.raises(DataError, match=r"b\.csv: times in some files and not in others"):
        read(files={"a.csv": "user,item,ts\n1,2,20\n", "b.csv": "user,item\n1,2\n"})
