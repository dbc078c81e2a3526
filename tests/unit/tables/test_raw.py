import json
from pathlib import Path
from typing import Any

import pytest

from marquee.errors import DataError
from marquee.tables import raw
from marquee.tables.raw import open_snapshot

from .conftest import SnapshotWriter

FIRST, SECOND = b"one\ntwo\n", b"three\nfour"


def read(folder: Path) -> bytes:
    return b"".join(chunk.data for chunk in open_snapshot(folder).chunks())


def change_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_parts_are_read_in_order_and_in_full(write_snapshot: SnapshotWriter) -> None:
    folder = write_snapshot(FIRST, SECOND, users=b"{}\n")
    assert read(folder) == FIRST + SECOND
    assert open_snapshot(folder).lines == 4
    assert open_snapshot(folder).metadata("users.jsonl") == b"{}\n"
    assert open_snapshot(folder).metadata("movies.jsonl") == b""


@pytest.mark.parametrize("size", [1, 3, 4, 5, 1000])
def test_chunks_end_with_a_line_and_know_their_place(
    write_snapshot: SnapshotWriter, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(raw, "_CHUNK_BYTES", size)
    data = b"one\ntwo\n\nthree\nfour"
    chunks = list(open_snapshot(write_snapshot(data)).chunks())
    assert b"".join(chunk.data for chunk in chunks) == data
    for chunk in chunks:
        assert data[chunk.offset :].startswith(chunk.data)
        assert chunk.data.endswith(b"\n") or chunk is chunks[-1]


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"manifest\.json: no such file"):
        open_snapshot(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format 2, expected 1"),
        ({"parts": None}, "parts"),
        ({"rating_scale": {"min": 1, "max": 5, "step": 0}}, "rating_scale.step"),
        ({"parts": [{"name": "../x", "bytes": 1, "lines": 1, "sha256": "0" * 64}]}, "parts.0.name"),
        ({"parts": []}, "events-00000.log: not in the manifest"),
    ],
)
def test_a_manifest_that_says_something_else_is_an_error(
    write_snapshot: SnapshotWriter, changes: dict[str, Any], message: str
) -> None:
    folder = write_snapshot(FIRST)
    change_manifest(folder, **changes)
    with pytest.raises(DataError, match=message):
        open_snapshot(folder)


def test_a_missing_part_is_named(write_snapshot: SnapshotWriter) -> None:
    folder = write_snapshot(FIRST, SECOND)
    (folder / "events-00001.log").unlink()
    with pytest.raises(DataError, match=r"events-00001\.log: no such file"):
        open_snapshot(folder)


def test_a_truncated_part_is_named(write_snapshot: SnapshotWriter) -> None:
    folder = write_snapshot(FIRST)
    (folder / "events-00000.log").write_bytes(FIRST[:-1])
    with pytest.raises(DataError, match="bytes 7, the manifest says 8"):
        open_snapshot(folder)


def test_a_part_with_other_bytes_of_the_same_size_is_named(
    write_snapshot: SnapshotWriter,
) -> None:
    folder = write_snapshot(FIRST)
    (folder / "events-00000.log").write_bytes(FIRST.replace(b"o", b"0"))
    with pytest.raises(DataError, match=r"events-00000\.log: SHA-256"):
        read(folder)


def test_damaged_metadata_is_named(write_snapshot: SnapshotWriter) -> None:
    folder = write_snapshot(FIRST, users=b'{"user_id":1}\n')
    (folder / "users.jsonl").write_bytes(b'{"user_id":2}\n')
    with pytest.raises(DataError, match=r"users\.jsonl: SHA-256"):
        open_snapshot(folder).metadata("users.jsonl")


def test_a_log_without_lines_is_an_error(write_snapshot: SnapshotWriter) -> None:
    with pytest.raises(DataError, match="no event lines"):
        open_snapshot(write_snapshot(b""))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (b'"b"\n"a"\n', "line 2: 'a' after 'b'"),
        (b'"a"\n"a"\n', "line 2: 'a' after 'a'"),
        (b'"a"\n7\n', "line 2: expected a JSON string, found b'7'"),
        (b'"a"\nb\n', "line 2: expected a JSON string, found b'b'"),
        (b'"a"\n\n', "line 2: expected a JSON string"),
        (b'""\n', "line 1: an empty id"),
        (b'"\xff"\n', "line 1: expected a JSON string"),
    ],
)
def test_a_malformed_part_of_ids_is_named(
    write_snapshot: SnapshotWriter, part: bytes, message: str
) -> None:
    snapshot = open_snapshot(write_snapshot(FIRST, **{"user-ids": part}))
    with pytest.raises(DataError, match=r"raw/user-ids\.jsonl " + message):
        snapshot.ids("user-ids.jsonl")


def test_damaged_ids_are_named(write_snapshot: SnapshotWriter) -> None:
    folder = write_snapshot(FIRST, **{"movie-ids": b'"a"\n'})
    (folder / "movie-ids.jsonl").write_bytes(b'"b"\n')
    with pytest.raises(DataError, match=r"movie-ids\.jsonl: SHA-256"):
        open_snapshot(folder).ids("movie-ids.jsonl")


@pytest.mark.parametrize("row", [b"{}\n", b"no JSON\n", b'{"reason":"mood"}\n'])
def test_a_rejected_event_without_its_reason_is_an_error(
    write_snapshot: SnapshotWriter, row: bytes
) -> None:
    snapshot = open_snapshot(write_snapshot(FIRST, **{"rejected-events": row}))
    with pytest.raises(DataError, match=r"rejected-events\.jsonl byte 0: expected a row"):
        list(snapshot.rejected_events())
