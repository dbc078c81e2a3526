import pytest

from marquee.errors import DataError, ParameterError
from marquee.ingest.ratings.scale import scale_of


def test_ids_stay_as_they_are_given(read):
    users = ["007", "7", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "Zoë", "a b", "-1"]
    raw = read("user,item\n" + "".join(f"{user},tt0114709\n" for user in users))
    assert [event.split(" ", 1)[1].split(" GET")[0] for event in raw.events] == users
    assert raw.rows("user-ids.jsonl") == sorted(users)
    assert raw.rows("movie-ids.jsonl") == ["tt0114709"]


def test_users_that_are_whole_numbers_stand_in_the_log_as_they_are(read):
    raw = read("user,item\n9223372036854775807,7\n0,12\n")
    assert raw.log == [
        "1970-01-01T00:00:00,9223372036854775807,GET /data/m/1+/0.mpg",
        "1970-01-01T00:00:00,0,GET /data/m/0+/0.mpg",
    ]
    assert not (raw.folder / "user-ids.jsonl").exists()
    assert raw.rows("movie-ids.jsonl") == ["12", "7"]


def test_one_user_that_is_no_number_numbers_all(read):
    raw = read("user,item\n10,1\n9,1\n9223372036854775808,1\n")
    assert raw.rows("user-ids.jsonl") == ["10", "9", "9223372036854775808"]
    assert [line.split(",")[1] for line in raw.log] == ["0", "1", "2"]


def test_space_around_an_id_is_no_part_of_it(read):
    assert (
        read("user, item\n1, 2\n 1,2\n").events == ["1970-01-01T00:00:00 1 GET /data/m 2 0.mpg"] * 2
    )


def test_rows_come_in_the_order_of_time_ties_in_that_of_the_file(read):
    raw = read("user,item,ts\n1,c,30\n1,b,10\n1,a,10\n")
    assert [event.split()[-2] for event in raw.events] == ["b", "a", "c"]


def test_parts_of_a_second_are_kept(read):
    raw = read("user,item,ts\n1,a,964982703123\n1,b,964982704000\n")
    assert [line.split(",")[0] for line in raw.log] == [
        "2000-07-30T18:45:03.123",
        "2000-07-30T18:45:04.000",
    ]
    assert raw.manifest["time_span"]["first"] == "2000-07-30T18:45:03.123000Z"
    assert raw.manifest["origin"]["events"][0]["times"] == "ms"


def test_a_table_without_times_says_so(read):
    raw = read("user,item,rating\n1,a,5\n1,b,4\n")
    assert raw.manifest["timed"] is False
    assert raw.manifest["time_span"] is None


def test_with_an_event_column_a_row_without_a_rating_is_an_interaction(read):
    raw = read("user,item,event,rating\n1,a,click,\n1,b,rate,4\n1,c,view,NaN\n1,d,rate,x\n")
    assert [event.split()[2:] for event in raw.events] == [
        ["GET", "/data/m", "a", "0.mpg"],
        ["GET", "/rate", "b", "4"],
        ["GET", "/data/m", "c", "0.mpg"],
    ]
    assert raw.faults == [("ratings.csv", 5, "rating")]


def test_without_an_event_column_a_row_without_a_rating_is_rejected(read):
    raw = read("user,item,rating\n1,a,\n1,b,4\n")
    assert raw.faults == [("ratings.csv", 2, "rating")]


def test_every_row_that_cannot_be_read_says_why_and_where(read):
    raw = read(
        "user,item,rating,ts\n1,a,5,10\n,a,5,10\n1,,5,10\n1,a,five,10\n1,a,5,soon\n1,a\n"
        "1,a,5,10,9\n" + "x" * 600 + ",a,5,10\n"
    )
    reasons = ["user_id", "movie_id", "rating", "timestamp", "fields", "fields", "user_id"]
    assert raw.faults == [("ratings.csv", 3 + i, reason) for i, reason in enumerate(reasons)]
    assert raw.rows("rejected-events.jsonl")[0]["row"] == ",a,5,10"
    assert len(raw.log) == 1
    assert raw.manifest["counts"]["lines"] == 8


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,a,5,03/04/2024\n" * 2, "timestamp 2; the first: ratings.csv line 2: timestamp in"
         " '1,a,5,03/04/2024'; expected ISO 8601 (2024-04-03, 2024-04-03T12:30:00) or a number"
         " since 1970"),
        ("1,a,five,10\n", "rating 1; the first: ratings.csv line 2: rating in '1,a,five,10';"
         " expected a number, on ingest.ratings.scale where that is set"),
        (",a,5,10\n", "user_id 1; the first: ratings.csv line 2: user_id in ',a,5,10'; expected a"
         " user id in every row"),
    ],
)  # fmt: skip
def test_no_row_at_all_shows_the_first_and_what_was_expected(read, rows, message):
    with pytest.raises(DataError) as caught:
        read(f"user,item,rating,ts\n{rows}")
    assert str(caught.value) == f"ratings.csv: no row can be read: {message}"


def test_a_header_alone_is_no_table(read):
    with pytest.raises(DataError, match=r"^ratings\.csv: no rows below the header, expected one f"):
        read("user,item,rating\n")


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 2, 5], (1, 5, 1)),
        ([1, 3, 5], (1, 5, 2)),
        ([0.5, 3, 5], (0.5, 5, 0.5)),
        ([0, 99.99], (0, 99.99, 99.99)),
        ([1, 3.7, 5], (1, 5, 0.1)),
        ([0, 1], (0, 1, 1)),
        ([4], (0, 4, 4)),
        ([0], (0, 1, 1)),
        ([], (0, 1, 1)),
    ],
)
def test_the_scale_is_what_the_table_holds(values, scale):
    found = scale_of([round(value * 100) for value in values])
    assert (found.min, found.max, found.step) == scale
    assert all(value in found for value in values)


def test_the_scale_stands_in_the_manifest(read):
    raw = read("user,item,rating\n1,a,0.5\n1,b,5\n1,c,3\n")
    assert raw.manifest["rating_scale"] == {"min": 0.5, "max": 5.0, "step": 0.5}


def test_a_given_scale_rejects_what_is_not_on_it(read):
    raw = read(
        "user,item,rating\n1,a,5\n1,b,-1\n1,c,4.5\n1,d,999\n",
        scale={"min": 1, "max": 5, "step": 1},
    )
    assert raw.manifest["rating_scale"] == {"min": 1.0, "max": 5.0, "step": 1.0}
    assert [fault[1:] for fault in raw.faults] == [(n, "rating") for n in (3, 4, 5)]


@pytest.mark.parametrize("value", ["-1", "100", "3.125"])
def test_ratings_that_the_log_cannot_spell_are_shown(read, value):
    with pytest.raises(
        DataError, match=rf"ratings\.csv: ratings such as {value}: expected 0 to 99"
    ):
        read(f"user,item,rating\n1,a,5\n1,b,{value}\n")


def test_no_path_says_how_to_name_one(read):
    with pytest.raises(DataError, match=r"ingest\.ratings\.paths names no file: marquee init FILE"):
        read(paths=None)


def test_a_path_may_stand_alone(read):
    assert read("user,item\n1,2\n", paths="data/input/ratings.csv").log


def test_a_file_outside_the_input_folder_is_refused_with_the_commands_that_bring_it_in(
    read, tmp_path
):
    (tmp_path / "r.csv").write_text("user,item\n1,2\n")
    with pytest.raises(DataError) as caught:
        read(paths="r.csv")
    assert "r.csv: outside data/input, so DVC would not notice a change" in str(caught.value)
    assert "dvc import-url r.csv data/input/r.csv" in str(caught.value)
    assert "marquee init r.csv" in str(caught.value)


def test_a_column_has_a_number_from_1(read):
    with pytest.raises(ParameterError, match=r"ratings\.columns\.user"):
        read("1,2\n", user=0, movie=2)
