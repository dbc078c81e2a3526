import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.metadata import Rejected
from marquee.ingest.snapshot import Snapshot

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
