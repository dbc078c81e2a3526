"""The raw snapshot as ingest left it: read in chunks, every byte checked against the manifest."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marquee.artifacts import read_json
from marquee.errors import DataError
from marquee.events import Fault, RatingScale
from marquee.tables.ids import decode_ids

REJECTED_EVENTS = "rejected-events.jsonl"
_CHUNK_BYTES = 32 * 2**20


class _Scale(BaseModel):
    min: float
    max: float
    step: Annotated[float, Field(gt=0)]


class Part(BaseModel):
    """A file of the snapshot, as the manifest has it."""

    name: Annotated[str, Field(pattern=r"^[\w-][\w.-]*$")]
    bytes: Annotated[int, Field(ge=0)]
    lines: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    model_config = ConfigDict(frozen=True)

    @property
    def has_events(self) -> bool:
        """Whether it is a part of the log; others hold metadata."""
        return self.name.startswith("events-")


class _Manifest(BaseModel):
    format: int
    source: str = ""
    rating_scale: _Scale
    timed: bool = True
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a part, from byte ``offset`` on."""

    part: str
    offset: int
    data: bytes


class RejectedEvent(BaseModel):
    """A row of the source that ingest found to be no event: why, where, and as it stood."""

    file: str
    line_number: int
    reason: Fault
    row: str
    found: str | None = None

    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folder of parts that agree in size with their manifest.

    ``source`` is that of the parameters, such as ``files``. Where the source has no times,
    ``timed`` is false, and the times of the lines mean nothing.
    """

    folder: Path
    scale: RatingScale
    parts: tuple[Part, ...]
    source: str = ""
    timed: bool = True

    @property
    def lines(self) -> int:
        """How many lines the source has, by the manifest: those of the log and rejected ones."""
        return sum(
            part.lines for part in self.parts if part.has_events or part.name == REJECTED_EVENTS
        )

    def chunks(self) -> Iterator[Chunk]:
        """Yield the log in order, in chunks that end with a line.

        A part whose digest is not the manifest's is a :class:`DataError` after its last chunk.
        """
        for part in self.parts:
            if part.has_events:
                yield from _chunks(self.folder / part.name, part)

    def metadata(self, name: str) -> bytes:
        """Return the content of a metadata part; nothing when the snapshot has none."""
        for part in self.parts:
            if part.name == name:
                return b"".join(chunk.data for chunk in _chunks(self.folder / name, part))
        return b""

    def ids(self, name: str) -> list[str] | None:
        """Return the ids of a part of ids, by number; None when the snapshot has none."""
        if all(part.name != name for part in self.parts):
            return None
        return decode_ids(self.folder / name, self.metadata(name))

    def rejected_events(self) -> Iterator[tuple[int, RejectedEvent]]:
        """Yield the rows that ingest rejected, each with the byte of its part where it stands."""
        offset = 0
        for line in self.metadata(REJECTED_EVENTS).splitlines(keepends=True):
            try:
                yield offset, RejectedEvent.model_validate_json(line)
            except ValidationError:
                path = self.folder / REJECTED_EVENTS
                raise DataError(
                    f"{path} byte {offset}: expected a row and the reason why it is no event, "
                    f"found {line[:80]!r}: run ingest again"
                ) from None
            offset += len(line)


def open_snapshot(folder: Path) -> Snapshot:
    """Read the manifest of a snapshot and check that its parts are there, in full.

    :class:`DataError` where the manifest or a part is missing, damaged, or of another size, where
    an event part is not in the manifest, and where there are no lines at all.
    """
    path = folder / "manifest.json"
    try:
        manifest = _Manifest.model_validate(read_json(path))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, detail["loc"])) or "the file"
        raise DataError(f"{path}: {where}: {detail['msg']}") from None
    if manifest.format != 1:
        raise DataError(f"{path}: format {manifest.format}, expected 1: run ingest again")
    scale = manifest.rating_scale
    snapshot = Snapshot(
        folder,
        RatingScale(scale.min, scale.max, scale.step),
        manifest.parts,
        manifest.source,
        manifest.timed,
    )
    _check_parts(snapshot)
    return snapshot


def _check_parts(snapshot: Snapshot) -> None:
    for part in snapshot.parts:
        path = snapshot.folder / part.name
        if not path.is_file():
            raise DataError(f"{path}: no such file, the manifest lists it: run ingest again")
        _expect(path, "bytes", path.stat().st_size, part.bytes)
    listed = {part.name for part in snapshot.parts}
    for path in sorted(snapshot.folder.glob("events-*")):
        if path.name not in listed:
            raise DataError(f"{path}: not in the manifest: run ingest again")
    if not any(part.lines for part in snapshot.parts if part.has_events):
        raise DataError(f"{snapshot.folder}: no event lines in any part, expected a log")


def _chunks(path: Path, part: Part) -> Iterator[Chunk]:
    digest, offset = hashlib.sha256(), 0
    with path.open("rb") as file:
        while data := file.read(_CHUNK_BYTES):
            if not data.endswith(b"\n"):
                data += file.readline()
            digest.update(data)
            yield Chunk(part.name, offset, data)
            offset += len(data)
    _expect(path, "SHA-256", digest.hexdigest(), part.sha256)


def _expect(path: Path, what: str, found: object, expected: object) -> None:
    if found != expected:
        raise DataError(
            f"{path}: {what} {found}, the manifest says {expected}: damaged, run ingest again"
        )
