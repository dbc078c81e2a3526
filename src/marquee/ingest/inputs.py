"""A file as it was given: read in blocks, unpacked, and remembered by its digest."""

import codecs
import gzip
import hashlib
import os
import shlex
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import IO, Any

from marquee.errors import DataError

BLOCK = 4 * 2**20
MAX_RATIO = 200
"""What unpacks to more than so many times its size is no text but a bomb."""
MAX_LINE = 256 * 2**20
DOWNLOADS = ".downloads"
"""Below the input folder: fetched, and verified by its publisher's digest; DVC ignores it."""
_SMALL = 8 * 2**20
_HEAD = 64 * 2**10
_GZIP = b"\x1f\x8b"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def expect_below(folder: Path, path: str, key: str) -> Path:
    """Return a path that lies below the input folder, which is a dependency of the stage.

    Of a change elsewhere DVC would know nothing: such a path is a :class:`DataError`, as is one
    below a folder that DVC is told to ignore. ``key`` is the parameter that names it.
    """
    found = Path(os.path.normpath(path))
    if is_below(folder, found):
        return found
    target = folder / found.name
    raise DataError(
        f"{path}: outside {folder}, so DVC would not notice a change: bring it in with"
        f" `dvc import-url {shlex.quote(path)} {shlex.quote(str(target))}`, or copy it there and"
        f" `dvc add {shlex.quote(str(target))}` (`marquee init {shlex.quote(path)}` copies it), and"
        f" set {key} to {target}"
    )


def is_below(folder: Path, path: Path) -> bool:
    """Say whether a path lies below a folder and is not what DVC ignores there."""
    inside = Path(os.path.relpath(path, folder))
    return ".." not in inside.parts and DOWNLOADS not in inside.parts


class InputFile:
    """A text file, plain or gzip by its content, not by its name."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        if not path.is_file():
            raise DataError(f"{path}: {'expected a file' if path.exists() else 'no such file'}")
        self.path = path
        self.name = name or path.name
        self._size = 0
        self._digest = hashlib.sha256()

    def blocks(self) -> Generator[bytes]:
        """Read the text in blocks that end in a newline, adding the last one where it is missing.

        A byte-order mark is dropped. An empty, truncated, damaged or binary file, and one in
        UTF-16, is a :class:`DataError`.
        """
        return whole_lines(as_text(self._blocks(), self.path), self.path)

    def lines(self) -> Iterator[bytes]:
        """Read the text line by line, newlines kept."""
        for block in self.blocks():
            yield from (line + b"\n" for line in block[:-1].split(b"\n"))

    def first_lines(self, count: int) -> list[bytes]:
        """Read the first lines of the text, without their newlines."""
        with closing(self.blocks()) as blocks:
            lines = (line for block in blocks for line in block[:-1].split(b"\n"))
            return list(islice(lines, count))

    def describe(self) -> dict[str, Any]:
        """Name the file by its bytes and SHA-256 as given; valid once it was read to its end."""
        return {"name": self.name, "bytes": self._size, "sha256": self._digest.hexdigest()}

    def read(self, size: int) -> bytes:
        """Read bytes as they are on disk, counting and digesting them."""
        data = self._file.read(size)
        self._size += len(data)
        self._digest.update(data)
        return data

    def _blocks(self) -> Iterator[bytes]:
        self._size, self._digest, unpacked = 0, hashlib.sha256(), 0
        with self.path.open("rb") as self._file:
            packed = self._file.peek(2).startswith(_GZIP)
            for block in self._unpacked() if packed else iter(lambda: self.read(BLOCK), b""):
                unpacked += len(block)
                if unpacked > max(_SMALL, MAX_RATIO * self._size):
                    raise DataError(f"{self.path}: unpacks to over {MAX_RATIO} times its size")
                yield block

    def _unpacked(self) -> Iterator[bytes]:
        stream: IO[bytes] = gzip.GzipFile(fileobj=self, mode="rb")  # type: ignore[call-overload]
        try:
            while block := stream.read(BLOCK):
                yield block
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{self.path}: truncated or damaged gzip ({error})") from None


def as_text(blocks: Iterable[bytes], name: object) -> Iterator[bytes]:
    """Drop the byte-order mark of a file; no text at all, or none in UTF-8, is a DataError.

    Damage in single lines is not judged here.
    """
    empty = True
    for block in blocks:
        if empty:
            _expect_text(block[:_HEAD], name)
            block = block.removeprefix(codecs.BOM_UTF8)  # noqa: PLW2901
        if block:
            empty = False
            yield block
    if empty:
        raise DataError(f"{name}: empty, expected lines of text")


def _expect_text(head: bytes, name: object) -> None:
    if b"\0" not in head:
        return
    if head.startswith(_UTF_16) or head[:2].count(0) == 1:
        raise DataError(f"{name}: is in UTF-16, expected UTF-8: save it as UTF-8")
    raise DataError(f"{name}: expected lines of text, found binary data beginning {head[:16]!r}")


def whole_lines(blocks: Iterable[bytes], name: object) -> Generator[bytes]:
    """Cut blocks anew so that each ends in a newline, adding the last where it is missing."""
    carry: list[bytes] = []
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join([*carry, block[:end]])
            carry = []
        if end < len(block):
            carry.append(block[end:])
        if sum(map(len, carry)) > MAX_LINE:
            raise DataError(f"{name}: a line is longer than {MAX_LINE} bytes: this is no text")
    if carry:
        yield b"".join([*carry, b"\n"])
