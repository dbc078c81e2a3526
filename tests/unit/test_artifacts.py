import hashlib
import math
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee import artifacts
from marquee.artifacts import (
    all_whole,
    canonical_json,
    files_below,
    md5_file,
    read_json,
    sha256_file,
    tree_bytes,
    whole,
    write_json,
)
from marquee.errors import DataError


def everything_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_file_takes_its_place_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "a.json"
    with whole(path) as sibling:
        sibling.write_text("one")
        assert not path.exists()
        assert sibling.name == "a.json"
    assert path.read_text() == "one"
    assert everything_in(tmp_path) == {"new", "new/a.json"}


def test_a_folder_replaces_the_one_before_altogether(tmp_path):
    path = tmp_path / "raw"
    path.mkdir()
    (path / "old").touch()
    with whole(path) as sibling:
        sibling.mkdir()
        (sibling / "new").touch()
    assert everything_in(tmp_path) == {"raw", "raw/new"}


def test_a_folder_can_become_a_file_and_back(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    with whole(path) as sibling:
        sibling.write_text("file")
    assert path.read_text() == "file"
    with whole(path) as sibling:
        sibling.mkdir()
    assert path.is_dir()
    assert everything_in(tmp_path) == {"out"}


def test_what_a_new_file_may_be_read_by_is_decided_by_the_umask(tmp_path):
    with whole(tmp_path / "raw") as sibling:
        sibling.mkdir()
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "raw").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_on_any_exception_what_stood_there_stays_and_nothing_is_left_over(tmp_path, error):
    path = tmp_path / "a"
    path.write_text("before")

    def interrupted():
        with whole(path) as sibling:
            sibling.write_text("half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_text() == "before"
    assert everything_in(tmp_path) == {"a"}


def test_an_output_that_was_not_written_is_an_error_and_replaces_none(tmp_path):
    paths = {"a": tmp_path / "a", "b": tmp_path / "b"}
    paths["a"].write_text("before")
    with (
        pytest.raises(DataError, match="b: expected an output, nothing was written"),
        all_whole(paths) as siblings,
    ):
        siblings["a"].write_text("after")
    assert paths["a"].read_text() == "before"
    assert everything_in(tmp_path) == {"a"}


def test_when_one_of_several_cannot_be_replaced_all_go_back(tmp_path):
    folder, file, blocked = tmp_path / "folder", tmp_path / "file", tmp_path / "sub" / "blocked"
    folder.mkdir()
    (folder / "old").touch()
    file.write_text("old")
    paths = {"1": folder, "2": file, "3": tmp_path / "fresh", "4": blocked}

    def write():
        with all_whole(paths) as siblings:
            siblings["1"].mkdir()
            for name in ("2", "3", "4"):
                siblings[name].write_text("new")
            make_irreplaceable(blocked)

    with pytest.raises(OSError, match="blocked"):
        write()
    assert (folder / "old").exists()
    assert file.read_text() == "old"
    assert not (tmp_path / "fresh").exists()
    assert not [name for name in everything_in(tmp_path) if "partial" in name]


def make_irreplaceable(path: Path) -> None:
    """Put a folder there for which no previous one can be put aside: its name is taken."""
    path.mkdir()
    (room,) = path.parent.glob(".blocked.partial-*")
    (room / "blocked.previous" / "taken").mkdir(parents=True)


def test_a_file_system_without_hard_links_is_good_enough(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "a"
    path.write_text("before")
    with whole(path) as sibling:
        sibling.write_text("after")
    assert path.read_text() == "after"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_replacing_waits_until_all_is_replaced(
    tmp_path, monkeypatch, number
):
    replace = Path.replace

    def interrupted(self, target):
        os.kill(os.getpid(), number)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)

    def write():
        with all_whole({"a": tmp_path / "a", "b": tmp_path / "b"}) as siblings:
            for sibling in siblings.values():
                sibling.write_text("new")

    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            write()
    finally:
        signal.signal(number, before)
    assert everything_in(tmp_path) == {"a", "b"}


def test_outputs_can_be_replaced_from_another_thread(tmp_path):
    def write():
        with whole(tmp_path / "a") as sibling:
            sibling.write_text("new")

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert everything_in(tmp_path) == {"a"}


def test_canonical_json_is_one_spelling_whatever_the_order():
    assert canonical_json({"b": 1, "a": "é"}) == '{\n  "a": "é",\n  "b": 1\n}\n'.encode()
    assert canonical_json({"a": "é", "b": 1}) == canonical_json({"b": 1, "a": "é"})


def test_numpy_and_tuples_become_plain_and_no_number_becomes_null():
    value = {
        "array": np.arange(2),
        "scalar": np.float32(0.5),
        "tuple": (True, None),
        "nan": [math.nan, np.inf],
        3: "key",
    }
    assert canonical_json(value) == canonical_json(
        {"array": [0, 1], "scalar": 0.5, "tuple": [True, None], "nan": [None, None], "3": "key"}
    )


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
)


@given(PLAIN)
def test_what_is_written_is_read_back(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("json") / "deep" / "a.json"
    write_json(path, value)
    assert read_json(path) == value


def test_json_that_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(DataError, match=r"a\.json: no such file"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_bytes(b'{"half":\xff')
    with pytest.raises(DataError, match=r"a\.json: expected JSON"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("size", [0, 1, artifacts._BLOCK, artifacts._BLOCK + 1])
def test_digests_are_those_of_the_bytes(tmp_path, size):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    (tmp_path / "a").write_bytes(content)
    assert sha256_file(tmp_path / "a") == hashlib.sha256(content).hexdigest()
    assert md5_file(tmp_path / "a") == hashlib.md5(content).hexdigest()  # noqa: S324


def test_files_below_are_ordered_by_their_path_and_a_file_is_its_own(tmp_path):
    for name in ("b", "a/z", "a.x", "a/b/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("12345")
    names = [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)]
    assert names == ["a.x", "a/b/c", "a/z", "b"]
    assert files_below(tmp_path / "b") == [tmp_path / "b"]
    assert tree_bytes(tmp_path) == 20
