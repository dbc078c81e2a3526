import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.errors import DataError
from marquee.ingest.files import event_files, read_files
from marquee.ingest.snapshot import Snapshot
from marquee.params import IngestParams, load_params


@pytest.fixture
def params(example):
    given = load_params(example / "params.yaml").ingest.model_dump()

    def with_files(**files) -> IngestParams:
        files = {"users": None, "movies": None, **files}
        return IngestParams.model_validate({**given, "source": "files", "files": files})

    return with_files


def test_a_folder_gives_its_logs_at_any_depth_ordered_by_path(tmp_path):
    for name in ("b.log", "a/z.log.gz", "a.log", "README.md", "a/notes.txt", "a-b/c.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x\n")
    names = [file.name for file in event_files([str(tmp_path)])]
    assert names == ["a-b/c.log", "a.log", "a/z.log.gz", "b.log"]


def test_files_keep_the_order_given_and_count_once(tmp_path):
    for name in ("a.log", "b.log", "c.txt"):
        (tmp_path / name).write_text("x\n")
    paths = [str(tmp_path / "c.txt"), str(tmp_path / "b.log"), str(tmp_path)]
    assert [file.name for file in event_files(paths)] == ["c.txt", "b.log", "a.log"]


def test_a_folder_without_logs_is_refused(tmp_path):
    (tmp_path / "README.md").write_text("no data")
    with pytest.raises(DataError, match=r"a folder without data, expected \*\.log"):
        event_files([str(tmp_path)])


def test_no_path_at_all_is_refused():
    with pytest.raises(DataError, match=r"ingest\.files\.events names no file"):
        event_files([])


def test_lines_of_two_files_never_run_together(tmp_path, params):
    (tmp_path / "a.log").write_text("first")
    (tmp_path / "b.log").write_text("second")
    snapshot = Snapshot(tmp_path / "raw")
    origin = read_files(params(events=(str(tmp_path),)), tmp_path, snapshot)
    assert (tmp_path / "raw/events-00000.log").read_bytes() == b"first\nsecond\n"
    assert [file["name"] for file in origin["events"]] == ["a.log", "b.log"]


def test_nothing_of_the_machine_is_in_the_origin(tmp_path, params):
    (tmp_path / "a.log").write_text("line\n")
    (tmp_path / "users.csv").write_text("user_id\n7\n")
    (tmp_path / "movies.jsonl").write_text('{"id":"m+1999","title":"M"}\n')
    given = params(
        events=(str(tmp_path / "a.log"),),
        users=str(tmp_path / "users.csv"),
        movies=str(tmp_path / "movies.jsonl"),
    )
    origin = read_files(given, tmp_path, Snapshot(tmp_path / "raw"))
    assert str(tmp_path) not in str(origin)
    assert origin["users"]["name"] == "users.csv"
    assert origin["movies"]["bytes"] == 28


BOM = b"\xef\xbb\xbf"


def test_a_byte_order_mark_costs_no_line_of_any_file(tmp_path, params):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(BOM + b"line\n")
    (tmp_path / "users.csv").write_bytes(BOM + b"user_id\n7\n")
    (tmp_path / "movies.jsonl").write_bytes(BOM + b'{"id":"m+1999","title":"M"}\n')
    given = params(
        events=(str(tmp_path),),
        users=str(tmp_path / "users.csv"),
        movies=str(tmp_path / "movies.jsonl"),
    )
    snapshot = Snapshot(tmp_path / "raw")
    read_files(given, tmp_path, snapshot)
    counts = snapshot.finish("files", {})["counts"]
    assert (tmp_path / "raw/events-00000.log").read_bytes() == b"line\nline\n"
    assert (counts["users"], counts["movies"], counts["rejected_metadata"]) == (1, 1, 0)


TABLE = "user,item,rating\nann,x,5\nbob,y,4\n"


@pytest.mark.parametrize("name", ["ratings.csv", "ratings.log"])
def test_a_table_of_ratings_is_no_log(tmp_path, params, name):
    (tmp_path / name).write_text(TABLE)
    with pytest.raises(DataError) as caught:
        read_files(params(events=(str(tmp_path / name),)), tmp_path, Snapshot(tmp_path / "raw"))
    assert "a table of ratings (CSV; user, item, rating), and ingest.source = files" in str(
        caught.value
    )
    assert f"`marquee init {tmp_path / name}` sets ingest.source = ratings" in str(caught.value)


def test_a_table_in_parquet_is_no_log(tmp_path, params):
    path = tmp_path / "ratings.parquet"
    pq.write_table(pa.table({"user": [1], "movie": [2]}), path)
    with pytest.raises(DataError, match=r"a table of ratings \(Parquet; user, movie\)"):
        read_files(params(events=(str(path),)), tmp_path, Snapshot(tmp_path / "raw"))


def test_a_log_in_which_most_is_damaged_is_a_log(tmp_path, params):
    lines = ["user,movie,rating", *["1,2,3"] * 9, "2020-01-01T00:00,1,GET /rate/242=3"]
    (tmp_path / "a.log").write_text("\n".join(lines))
    read_files(params(events=(str(tmp_path),)), tmp_path, Snapshot(tmp_path / "raw"))


def test_a_folder_of_tables_names_the_command_that_reads_them(tmp_path):
    (tmp_path / "ratings.csv").write_text(TABLE)
    with pytest.raises(DataError, match=r"holds a table of ratings: `marquee init .*ratings\.csv`"):
        event_files([str(tmp_path)])


@pytest.mark.parametrize("key", ["events", "users", "movies"])
def test_a_path_outside_the_input_folder_is_refused(tmp_path, params, key):
    inside = tmp_path / "data/input"
    inside.mkdir(parents=True)
    (inside / "a.log").write_text("line\n")
    (tmp_path / "b.csv").write_text("user_id\n7\n")
    paths = {"events": (str(inside),), key: str(tmp_path / "b.csv")}
    if key == "events":
        paths = {"events": (str(inside), str(tmp_path / "b.csv"))}
    message = rf"b\.csv: outside .*data/input, .* set ingest\.files\.{key} to .*data/input/b\.csv"
    with pytest.raises(DataError, match=message):
        read_files(params(**paths), inside, Snapshot(tmp_path / "raw"))


def test_dots_lead_nobody_out_of_the_input_folder(tmp_path, params):
    inside = tmp_path / "data/input"
    inside.mkdir(parents=True)
    (tmp_path / "a.log").write_text("line\n")
    with pytest.raises(DataError, match="outside"):
        read_files(
            params(events=(str(inside / "../../a.log"),)), inside, Snapshot(tmp_path / "raw")
        )
