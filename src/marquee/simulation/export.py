"""A simulated platform's log and metadata as files, anywhere."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from marquee.artifacts import new_folder, write_json
from marquee.simulation.platform import Platform

_PART_BYTES = 256 << 20


def write_platform(platform: Platform, folder: Path, *, compress: bool = False) -> None:
    """Write ``events-NNNNN.log``, ``users.jsonl``, ``movies.jsonl`` and ``faults.json``.

    A part of the log has about 256 MiB before compression. The folder is made whole or not at
    all; one that exists and is not empty is a :class:`~marquee.errors.DataError`.
    """
    with new_folder(folder) as room:
        room.mkdir()
        _write_log(with_progress(platform), room, compress)
        _write_rows(platform.users(), room / "users.jsonl")
        _write_rows(platform.movies(), room / "movies.jsonl")
        ledger = platform.ledger
        write_json(room / "faults.json", {"lines": ledger.lines, "faults": ledger.faults})


def with_progress(platform: Platform) -> Iterator[bytes]:
    """Yield the platform's lines, with a bar where standard error is a terminal."""
    with tqdm(total=platform.params.lines, unit="line", unit_scale=True, disable=None) as bar:
        for block in platform.lines():
            yield block
            bar.update(block.count(b"\n"))


def _write_log(blocks: Iterable[bytes], folder: Path, compress: bool) -> None:
    for number, part in enumerate(_parts(iter(blocks))):
        name = f"events-{number:05}.log"
        if compress:
            _write_gzip(part, folder / f"{name}.gz")
        else:
            with (folder / name).open("wb") as file:
                file.writelines(part)


def _parts(blocks: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Share blocks out; each part must be read before the next is asked for."""
    for first in blocks:
        yield _part(first, blocks)


def _part(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    size = len(first)
    yield first
    while size < _PART_BYTES and (block := next(blocks, None)) is not None:
        size += len(block)
        yield block


def _write_gzip(part: Iterable[bytes], path: Path) -> None:
    """Leave name and clock out of the file: the same log gives the same bytes."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.writelines(part)


def _write_rows(rows: Iterable[dict[str, Any]], path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
