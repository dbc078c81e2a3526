"""The raw snapshot: event parts, metadata parts, and the manifest that names them by digest."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from marquee.artifacts import write_json
from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.metadata import Rejected
from marquee.ingest.span import Span, span_of, union, written
from marquee.tables.ids import MOVIE_IDS, USER_IDS, encode_ids
from marquee.tables.parse import in_order
from marquee.tables.raw import REJECTED_EVENTS

FORMAT = 1
PART_BYTES = 256 * 2**20
_USERS, _MOVIES, _REJECTED = "users.jsonl", "movies.jsonl", "rejected-metadata.jsonl"
_IDS = {"users": USER_IDS, "movies": MOVIE_IDS}

Manifest = dict[str, Any]
Origin = dict[str, Any]
"""What a snapshot was made from; nothing in it may differ from machine to machine."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the snapshot."""

    name: str
    bytes: int
    lines: int
    sha256: str


class Snapshot:
    """A snapshot being written into a folder that is not there yet."""

    def __init__(self, folder: Path, part_bytes: int = PART_BYTES) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._scale = RatingScale()
        self._timed = True
        self._span: Span | None = None
        self._part_bytes = part_bytes
        self._events: list[Part] = []
        self._metadata: dict[str, Part] = {}
        self._rejected: list[Rejected] = []

    def write_events(self, blocks: Iterable[bytes], scale: RatingScale, timed: bool = True) -> None:
        """Write blocks of whole event lines, whose ratings are on ``scale``.

        Where the source has no times, ``timed`` is false and all lines carry the same one.

        A part is filled up to the last newline that fits: where the cuts fall depends on the lines
        alone, not on the blocks they come in. A line longer than a part, or no line at all, is a
        :class:`DataError`.
        """
        self._scale, self._timed = scale, timed
        placed = _placed(blocks, self._part_bytes)
        if timed:
            placed = self._spanned(placed)
        for index, chunks in groupby(placed, key=itemgetter(0)):
            name = f"events-{index:05}.log"
            self._events.append(self._write(name, (chunk for _, chunk in chunks)))
        if not self._events:
            raise DataError("the source holds no event lines")

    def _spanned(self, placed: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        for item, span in in_order(lambda item: span_of(item[1], self._scale), placed):
            self._span = union([self._span, span])
            yield item

    def write_rejected_events(self, rows: Iterable[Rejected]) -> None:
        """Write rows of the source that are no events; clean counts each as a line, in quarantine.

        Their reason is a member of :class:`marquee.events.Fault`. No rows write no part.
        """
        part = self._write(REJECTED_EVENTS, (row.line() for row in rows))
        if part.lines:
            self._metadata[REJECTED_EVENTS] = part
        else:
            (self._folder / REJECTED_EVENTS).unlink()

    def write_ids(self, kind: Literal["users", "movies"], ids: Iterable[str]) -> None:
        """Write ids as the source gives them: the one of number i in line i, from 0.

        The log and the metadata then say ``i`` for a user and ``i+`` for a movie. Ids that do not
        ascend strictly by code point, and texts that are none (:func:`fault_of_id`), are a
        :class:`DataError`. Users whose ids are whole numbers as the log has them need none.
        """
        name = _IDS[kind]
        self._metadata[name] = self._write(name, encode_ids(name, ids))

    def write_users(self, rows: Iterable[bytes | Rejected]) -> None:
        """Write user metadata; rows that could not be read go to a part of their own."""
        self._write_metadata(_USERS, rows)

    def write_movies(self, rows: Iterable[bytes | Rejected]) -> None:
        """Write movie metadata, likewise."""
        self._write_metadata(_MOVIES, rows)

    def _write_metadata(self, name: str, rows: Iterable[bytes | Rejected]) -> None:
        rejected: list[Rejected] = []
        part = self._write(name, _accepted(rows, rejected))
        if not part.lines:
            raise DataError(
                f"no row of {name.removesuffix('.jsonl')} metadata can be read"
                + (f"; the first: {rejected[0]}" if rejected else "")
            )
        self._metadata[name] = part
        self._rejected += rejected

    def finish(self, source: str, origin: Origin) -> Manifest:
        """Write the manifest and return it."""
        if self._rejected:
            lines = (row.line() for row in self._rejected)
            self._metadata[_REJECTED] = self._write(_REJECTED, lines)
        parts = [*self._events, *(self._metadata[name] for name in sorted(self._metadata))]
        manifest: Manifest = {
            "format": FORMAT,
            "source": source,
            "origin": origin,
            "rating_scale": asdict(self._scale),
            "counts": self._counts() | {"bytes": sum(part.bytes for part in parts)},
            "time_span": written(self._span),
            **({} if self._timed else {"timed": False}),
            "parts": [asdict(part) for part in parts],
        }
        write_json(self._folder / "manifest.json", manifest)
        return manifest

    def _counts(self) -> dict[str, int | None]:
        rows = {name: part.lines for name, part in self._metadata.items()}
        rejected = rows.get(REJECTED_EVENTS, 0)
        return {
            "lines": sum(part.lines for part in self._events) + rejected,
            **({"rejected_events": rejected} if rejected else {}),
            "users": rows.get(_USERS),
            "movies": rows.get(_MOVIES),
            "rejected_metadata": len(self._rejected),
        }

    def _write(self, name: str, chunks: Iterable[bytes]) -> Part:
        digest, size, lines = hashlib.sha256(), 0, 0
        with (self._folder / name).open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                lines += chunk.count(b"\n")
        return Part(name, size, lines, digest.hexdigest())


def _placed(blocks: Iterable[bytes], part_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Give each piece of the blocks the index of the part it belongs to."""
    index = used = 0
    for block in blocks:
        start = 0
        while start < len(block):
            end = len(block)
            if used + end - start > part_bytes:
                end = block.rfind(b"\n", start, start + part_bytes - used) + 1
                if not end and not used:
                    raise DataError(f"a line is longer than {part_bytes} bytes: this is no log")
            if end:
                yield index, block[start:end]
                used += end - start
                start = end
            if start < len(block):
                index, used = index + 1, 0


def _accepted(rows: Iterable[bytes | Rejected], rejected: list[Rejected]) -> Iterator[bytes]:
    for row in rows:
        if isinstance(row, Rejected):
            rejected.append(row)
        else:
            yield row
