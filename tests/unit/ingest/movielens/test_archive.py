import io
import os
import stat
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.ingest.movielens import archive
from marquee.ingest.movielens.archive import opened

RATINGS = b"9::1::3::978300760\n" * 1000


def read(path, name="ratings.dat"):
    with opened(path) as files:
        return b"".join(files.blocks(name))


def test_a_file_is_found_at_the_top_and_one_folder_down(zipped):
    assert read(zipped({"ratings.dat": RATINGS})) == RATINGS
    assert read(zipped({"ml-1m/ratings.dat": RATINGS, "__MACOSX/x": b"x"})) == RATINGS


@pytest.mark.parametrize(
    "name", ["../evil", "ml/../../evil", "/etc/evil", "C:/evil", "..\\evil", "\\\\host\\evil"]
)
def test_a_name_that_points_outside_is_refused_and_nothing_is_written(zipped, tmp_path, name):
    path = zipped({"ratings.dat": RATINGS, name: b"evil"})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match="points outside the archive: refused"):
        read(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("ratings.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("ratings.dat", RATINGS)
        file.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match=r"'ratings\.csv' is a link: refused"):
        read(tmp_path / "a.zip")


def test_an_encrypted_member_is_refused(zipped):
    path = zipped({"ratings.dat": RATINGS})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.index(signature) + offset
        struct.pack_into("<H", content, at, 1)
    path.write_bytes(content)
    with pytest.raises(DataError, match="is encrypted"):
        read(path)


def test_a_zip_inside_a_zip_is_refused(zipped):
    inner = zipped({"ratings.dat": RATINGS}, "inner.zip")
    path = zipped({"ratings.dat": RATINGS, "ml-1m.ZIP": inner.read_bytes()})
    with pytest.raises(DataError, match="is a zip inside a zip"):
        read(path)


def test_a_bomb_is_refused_by_its_ratio(zipped):
    path = zipped({"ratings.dat": b"0" * 2**25})
    with pytest.raises(DataError, match="unpacks to over 200 times its size"):
        read(path)


def test_a_bomb_is_refused_by_its_size(zipped, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", len(RATINGS))
    assert read(zipped({"ratings.dat": RATINGS})) == RATINGS
    with pytest.raises(DataError, match=f"unpacks to over {len(RATINGS)} bytes"):
        read(zipped({"ratings.dat": RATINGS, "more": b"x"}))


def test_a_size_that_lies_is_found_out(zipped):
    path = zipped({"ratings.dat": RATINGS})
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"PK\1\2") + 24, 100)
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("ratings.dat", RATINGS)
        file.writestr("ratings.dat", b"other")
    with pytest.raises(DataError, match="the same name twice"):
        read(tmp_path / "a.zip")


def test_too_many_members_are_refused(zipped, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    with pytest.raises(DataError, match="over 3 names"):
        read(zipped({"ratings.dat": RATINGS, "a": b"", "b": b"", "c": b""}))


@pytest.mark.parametrize("left", [0, 3, 200, -1, -30])
def test_a_truncated_zip_is_refused(zipped, left):
    path = zipped({"ratings.dat": os.urandom(1000)})
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataError, match="expected a folder or a zip"):
        read(path)


def test_damage_inside_a_member_is_refused(zipped):
    path = zipped({"ratings.dat": os.urandom(1000)})
    content = bytearray(path.read_bytes())
    content[500] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"ratings\.dat cannot be read"):
        read(path)


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(DataError, match="expected a folder or a zip"):
        read(tmp_path / "a.zip")


def small_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ml-1m/ratings.dat", RATINGS[:190])
        archive.writestr("ml-1m/é.txt", "other")
    return file.getvalue()


SMALL_ZIP = small_zip()


@given(st.lists(st.tuples(st.integers(0, len(SMALL_ZIP) - 1), st.integers(0, 255)), min_size=1))
def test_any_damage_is_found_or_harmless(tmp_path_factory, changes):
    content = bytearray(SMALL_ZIP)
    for at, value in changes:
        content[at] = value
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    path.write_bytes(content)
    try:
        found = read(path)
    except DataError:
        return
    assert found == RATINGS[:190]
