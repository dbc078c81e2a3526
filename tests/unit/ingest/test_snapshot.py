import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.metadata import Rejected
from marquee.ingest.snapshot import Snapshot
from marquee.ingest.sources import snapshot_metrics
from marquee.tables.ids import fault_of_id
from marquee.tables.raw import open_snapshot

LINES = st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"") + b"\n"))


def written(tmp_path_factory, blocks, part_bytes):
    folder = tmp_path_factory.mktemp("snapshot") / "raw"
    snapshot = Snapshot(folder, part_bytes)
    snapshot.write_events(blocks, RatingScale())
    manifest = snapshot.finish("files", {})
    return folder, manifest


@given(LINES.filter(bool), st.lists(st.integers(1, 5)), st.integers(21, 60))
def test_parts_hold_all_lines_and_are_cut_alike_whatever_blocks_they_come_in(
    tmp_path_factory, lines, sizes, part_bytes
):
    blocks, rest = [], lines
    for size in sizes:
        blocks, rest = [*blocks, b"".join(rest[:size])], rest[size:]
    folder, manifest = written(tmp_path_factory, [*blocks, b"".join(rest)], part_bytes)
    parts = [(folder / part["name"]).read_bytes() for part in manifest["parts"]]
    assert b"".join(parts) == b"".join(lines)
    assert all(len(part) <= part_bytes and part.endswith(b"\n") for part in parts)
    _, one_by_one = written(tmp_path_factory, lines, part_bytes)
    assert manifest == one_by_one


def test_a_part_is_as_full_as_whole_lines_allow(tmp_path_factory):
    _, manifest = written(tmp_path_factory, [b"aaa\n" * 5], 10)
    assert [part["bytes"] for part in manifest["parts"]] == [8, 8, 4]
    assert [part["name"] for part in manifest["parts"]] == [
        "events-00000.log",
        "events-00001.log",
        "events-00002.log",
    ]


def test_the_manifest_names_each_part_by_size_lines_and_digest(tmp_path):
    snapshot = Snapshot(tmp_path / "raw")
    snapshot.write_events([b"no event\n"], RatingScale(0.5, 5, 0.5))
    snapshot.write_users([b'{"user_id":1}\n'])
    manifest = snapshot.finish("files", {"events": []})
    assert json.loads((tmp_path / "raw/manifest.json").read_bytes()) == manifest
    assert manifest["parts"][1] == {
        "name": "users.jsonl",
        "bytes": 14,
        "lines": 1,
        "sha256": hashlib.sha256(b'{"user_id":1}\n').hexdigest(),
    }
    assert manifest["counts"] == {
        "lines": 1,
        "users": 1,
        "movies": None,
        "rejected_metadata": 0,
        "bytes": 23,
    }
    assert manifest["rating_scale"] == {"min": 0.5, "max": 5, "step": 0.5}


def test_the_time_span_is_that_of_events_only(tmp_path):
    snapshot = Snapshot(tmp_path / "raw")
    snapshot.write_events(
        [
            b"2025-01-02T03:04:05,1,GET /rate/a+1999=3\n",
            b"1999-01-01T00:00:00,1,GET /rate/a+1999=9\n",
            b"2025-01-01T03:04,1,GET /data/m/a+1999/3.mpg\n",
            b"2025-01-03T00:00:00.250,1,recommendation request h:1, status 0, result: , 1 ms\n",
        ],
        RatingScale(),
    )
    assert snapshot.finish("files", {})["time_span"] == {
        "first": "2025-01-01T03:04:00Z",
        "last": "2025-01-03T00:00:00.250000Z",
    }


def test_without_events_there_is_no_time_span(tmp_path_factory):
    _, manifest = written(tmp_path_factory, [b"another grammar\n"], 100)
    assert manifest["time_span"] is None


def test_a_line_longer_than_a_part_is_refused(tmp_path_factory):
    with pytest.raises(DataError, match="longer than 10 bytes"):
        written(tmp_path_factory, [b"short\n", b"x" * 10 + b"\n"], 10)


def test_a_source_without_lines_is_refused(tmp_path_factory):
    with pytest.raises(DataError, match="no event lines"):
        written(tmp_path_factory, [], 10)


def test_rejected_metadata_is_kept_with_its_reason(tmp_path):
    snapshot = Snapshot(tmp_path / "raw")
    snapshot.write_events([b"x\n"], RatingScale())
    snapshot.write_users([b'{"user_id":1}\n', Rejected("users.csv", 3, "age", "1,x")])
    manifest = snapshot.finish("files", {})
    assert manifest["counts"]["rejected_metadata"] == 1
    assert json.loads((tmp_path / "raw/rejected-metadata.jsonl").read_bytes()) == {
        "file": "users.csv",
        "line_number": 3,
        "reason": "age",
        "row": "1,x",
    }


def test_metadata_of_which_no_row_can_be_read_is_refused(tmp_path):
    snapshot = Snapshot(tmp_path / "raw")
    with pytest.raises(DataError, match=r"no row of users metadata.*users\.csv line 3: age"):
        snapshot.write_users([Rejected("users.csv", 3, "age", "1,x")])


IDS = st.text(min_size=1, max_size=200).filter(lambda text: fault_of_id(text) is None)


@given(st.sets(IDS, min_size=1))
def test_ids_of_any_shape_are_read_as_they_were_given(tmp_path_factory, given_ids):
    folder = tmp_path_factory.mktemp("snapshot") / "raw"
    snapshot = Snapshot(folder)
    snapshot.write_events([b"x\n"], RatingScale())
    snapshot.write_ids("users", sorted(given_ids))
    snapshot.finish("ratings", {})
    assert open_snapshot(folder).ids("user-ids.jsonl") == sorted(given_ids)
    assert open_snapshot(folder).ids("movie-ids.jsonl") is None


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["b", "a"], r"line 2: 'a' after 'b': expected ids in ascending order"),
        (["a", "a"], r"line 2: 'a' after 'a'"),
        ([""], "line 1: an empty id"),
        (["x" * 513], "line 1: an id of 513 characters, the most is 512"),
        (["a\0"], "line 1: a NUL character in an id"),
        (["\ud800"], "line 1: an id that is no Unicode text"),
    ],
)
def test_what_cannot_be_an_id_is_refused(tmp_path, ids, message):
    with pytest.raises(DataError, match=r"movie-ids\.jsonl " + message):
        Snapshot(tmp_path / "raw").write_ids("movies", ids)


def test_rejected_events_are_lines_with_a_reason(tmp_path):
    snapshot = Snapshot(tmp_path / "raw")
    snapshot.write_events([b"x\n"], RatingScale())
    rows = [
        Rejected("r.csv", 7, "rating", "1,x,9\r", found="9"),
        Rejected("r.csv", 8, "fields", "é"),
    ]
    snapshot.write_rejected_events(rows)
    counts = snapshot.finish("ratings", {})["counts"]
    assert (counts["lines"], counts["rejected_events"]) == (3, 2)
    raw = open_snapshot(tmp_path / "raw")
    assert raw.lines == 3
    (first, one), (second, other) = raw.rejected_events()
    assert first == 0
    part = (tmp_path / "raw/rejected-events.jsonl").read_bytes()
    assert second == part.index(b"\n") + 1
    assert (one.file, one.line_number, one.reason, one.row) == ("r.csv", 7, "rating", "1,x,9\r")
    assert (one.found, other.found) == ("9", None)


def test_without_rejected_events_there_is_no_part_of_them(tmp_path):
    snapshot = Snapshot(tmp_path / "raw")
    snapshot.write_events([b"x\n"], RatingScale())
    snapshot.write_rejected_events([])
    assert "rejected_events" not in snapshot.finish("ratings", {})["counts"]
    assert list(open_snapshot(tmp_path / "raw").rejected_events()) == []


def test_a_source_without_times_says_so(tmp_path):
    snapshot = Snapshot(tmp_path / "raw")
    snapshot.write_events([b"1970-01-01T00:00,1,GET /rate/0+=3\n"], RatingScale(), timed=False)
    manifest = snapshot.finish("ratings", {})
    assert (manifest["timed"], manifest["time_span"]) == (False, None)
    assert not open_snapshot(tmp_path / "raw").timed
    assert snapshot_metrics(manifest)["timed"] is False
