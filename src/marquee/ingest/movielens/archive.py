"""The files of a data set, in a folder or in a zip that is not trusted."""

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from marquee.artifacts import sha256_file
from marquee.errors import DataError
from marquee.ingest.inputs import BLOCK, MAX_RATIO, as_text, whole_lines

MARKERS = ("u.data", "ratings.dat", "ratings.csv")
"""The ratings of each layout: where they stand is where the data set stands."""
MAX_UNPACKED = 8 * 2**30
MAX_MEMBERS = 10_000
_ENCRYPTED = 0x1
# What zipfile raises on damage, a name in no encoding or an impossible offset included.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, UnicodeDecodeError)


class DataSet:
    """Files by their name; nothing is unpacked to disk, so no name in a zip becomes a path."""

    def __init__(
        self, path: Path, given: Mapping[str, Path], open_file: Callable[[str], IO[bytes]]
    ) -> None:
        self.path = path
        self._given = given
        self._open = open_file
        self._used: set[Path] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def blocks(self, name: str) -> Iterator[bytes]:
        """Read a file in blocks of whole lines; missing, empty or damaged is a DataError."""
        where = f"{self.path}: {name}"
        return whole_lines(as_text(self._blocks(name), where), where)

    def lines(self, name: str) -> Iterator[bytes]:
        """Read a file line by line, without newlines and carriage returns."""
        for block in self.blocks(name):
            yield from (line.removesuffix(b"\r") for line in block[:-1].split(b"\n"))

    def describe(self) -> list[dict[str, Any]]:
        """Name what was read by its bytes and SHA-256 as given: the zip, or the folder's files."""
        return [
            {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256_file(path)}
            for path in sorted(self._used)
        ]

    def _blocks(self, name: str) -> Iterator[bytes]:
        if name not in self:
            raise DataError(f"{self.path}: {name} is missing")
        self._used.add(self._given[name])
        empty = True
        try:
            with self._open(name) as file:
                while block := file.read(BLOCK):
                    empty = False
                    yield block
        except _DAMAGE as error:
            raise DataError(f"{self.path}: {name} cannot be read ({error})") from None
        if empty:
            raise DataError(f"{self.path}: {name} is empty")


@contextmanager
def opened(path: Path) -> Iterator[DataSet]:
    """Open a data set: a folder or a zip that holds its files, itself or one folder down.

    A zip whose members are encrypted, nested, links, outside of it, or unpack to too much is a
    :class:`DataError`, as is one that is damaged.
    """
    if path.is_dir():
        files = [file for depth in ("*", "*/*") for file in path.glob(depth) if file.is_file()]
        base = _base(path, [PurePosixPath(file.relative_to(path)) for file in files])
        given = {file.name: file for file in (path / base).iterdir() if file.is_file()}
        yield DataSet(path, given, lambda name: given[name].open("rb"))
        return
    with _zip(path) as archive:
        members = {PurePosixPath(member.filename): member for member in archive.infolist()}
        base = _base(path, members)
        given = {name.name: path for name in members if name.parent == base}
        yield DataSet(path, given, lambda name: archive.open(members[base / name]))


def _base(path: Path, names: Iterable[PurePosixPath]) -> PurePosixPath:
    found = {name.parent for name in names if name.name in MARKERS and len(name.parts) <= 2}
    if PurePosixPath() in found:
        return PurePosixPath()
    if len(found) == 1:
        return found.pop()
    problem = f"several data sets ({', '.join(sorted(map(str, found)))})" if found else "none"
    remedy = "" if found or path.is_dir() else "; unpack a zip of another data set"
    raise DataError(f"{path}: expected one of {', '.join(MARKERS)}, found {problem}{remedy}")


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    if not path.exists():
        raise DataError(f"{path}: no such file or folder, expected a MovieLens data set")
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE:
        raise DataError(
            f"{path}: expected a folder or a zip, found neither, or a damaged one"
        ) from None
    with archive:
        _expect_safe(path, archive.infolist())
        yield archive


def _expect_safe(path: Path, members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        if danger := _danger(member):
            raise DataError(f"{path}: {member.filename[:80]!r} {danger}")
    names = {PurePosixPath(member.filename) for member in members}
    if len(names) < len(members) or len(members) > MAX_MEMBERS:
        raise DataError(f"{path}: the same name twice, or over {MAX_MEMBERS} names: refused")
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise DataError(f"{path}: unpacks to over {MAX_UNPACKED} bytes: refused")


def _danger(member: zipfile.ZipInfo) -> str | None:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in "".join(name.parts[:1]):
        return "points outside the archive: refused"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link: refused"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted, expected a plain zip"
    if name.suffix.lower() == ".zip":
        return "is a zip inside a zip: unpack it first"
    if member.file_size > MAX_RATIO * max(member.compress_size, 2**16):
        return f"unpacks to over {MAX_RATIO} times its size: refused"
    return None
