import gzip
import hashlib
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.ingest.inputs import InputFile, whole_lines


def text_of(path):
    return b"".join(InputFile(path).blocks())


def put(tmp_path, content, name="a.log"):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def test_plain_and_gzip_are_told_apart_by_content_not_by_name(tmp_path):
    assert text_of(put(tmp_path, b"a\nb\n", "a.log.gz")) == b"a\nb\n"
    assert text_of(put(tmp_path, gzip.compress(b"a\nb\n"), "a.log")) == b"a\nb\n"


def test_bytes_are_copied_as_they_are_carriage_returns_and_bad_utf8_included(tmp_path):
    content = b"a\r\n\n\xff\xfe b\n"
    assert text_of(put(tmp_path, content)) == content


def test_a_missing_final_newline_is_added(tmp_path):
    assert text_of(put(tmp_path, b"a\nb")) == b"a\nb\n"


def test_a_gzip_of_several_members_is_read_to_its_end(tmp_path):
    assert text_of(put(tmp_path, gzip.compress(b"a\n") + gzip.compress(b"b\n"))) == b"a\nb\n"


def test_the_digest_is_that_of_the_file_as_given(tmp_path):
    content = gzip.compress(b"a\n" * 1000)
    file = InputFile(put(tmp_path, content), "in/a.log")
    list(file.blocks())
    assert file.describe() == {
        "name": "in/a.log",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
def test_an_empty_file_is_refused(tmp_path, content):
    with pytest.raises(DataError, match=r"a\.log: empty"):
        text_of(put(tmp_path, content))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        InputFile(tmp_path / "b.log")
    with pytest.raises(DataError, match="expected a file"):
        InputFile(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-20],
        lambda packed: packed[:12],
        lambda packed: packed[:-8] + b"\0" * 8,
        lambda packed: packed + b"garbage",
        lambda packed: packed[:40] + b"\xff" * 40 + packed[80:],
    ],
    ids=["truncated", "header only", "wrong checksum", "garbage behind", "overwritten"],
)
def test_a_damaged_gzip_is_refused(tmp_path, damage):
    lines = "".join(f"{hashlib.sha256(str(i).encode()).hexdigest()}\n" for i in range(200))
    with pytest.raises(DataError, match="truncated or damaged gzip"):
        text_of(put(tmp_path, damage(gzip.compress(lines.encode()))))


def test_a_picture_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"binary data beginning b'\\x89PNG"):
        text_of(put(tmp_path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01"))


def test_a_database_is_refused_packed_or_not(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("create table events (line text)")
    database.close()
    content = (tmp_path / "a.db").read_bytes()
    for given_as in (content, gzip.compress(content)):
        with pytest.raises(DataError, match="binary data beginning b'SQLite format 3"):
            text_of(put(tmp_path, given_as))


def test_a_gzip_bomb_is_refused_before_it_fills_the_disk(tmp_path):
    seen = []
    bomb = put(tmp_path, gzip.compress((b"x" * 1023 + b"\n") * 2**15))
    with pytest.raises(DataError, match="200 times its size"):
        seen.extend(len(block) for block in InputFile(bomb).blocks())
    assert sum(seen) < 2**25


@given(st.lists(st.binary(max_size=6)))
def test_whole_lines_change_nothing_but_the_end(blocks):
    lines = list(whole_lines(blocks, "a"))
    text = b"".join(blocks)
    assert b"".join(lines) == (text if text.endswith(b"\n") or not text else text + b"\n")
    assert all(block.endswith(b"\n") for block in lines)


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path, pack):
    path = put(tmp_path, pack(BOM + b"a\n" + BOM + b"b\n"))
    assert text_of(path) == b"a\n" + BOM + b"b\n"
    file = InputFile(path)
    list(file.blocks())
    assert file.describe()["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_byte_order_mark_alone_is_an_empty_file(tmp_path):
    with pytest.raises(DataError, match=r"a\.log: empty"):
        text_of(put(tmp_path, BOM))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_in_utf_16_is_named(tmp_path, encoding, pack):
    path = put(tmp_path, pack("user_id,age\n1,20\n".encode(encoding)))
    with pytest.raises(DataError, match=r"a\.log: is in UTF-16, expected UTF-8: save it as UTF-8"):
        text_of(path)
