"""A folder of segments: snapshots of a topic that follow each other without gap or overlap."""

import fcntl
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marquee.artifacts import read_json, sha256_file
from marquee.errors import DataError
from marquee.tables.raw import open_snapshot

_PREFIX = "segment-"


class Stretch(BaseModel):
    """Records of one partition: from an offset on, up to but not with another."""

    model_config = ConfigDict(frozen=True)

    partition: int
    since: Annotated[int, Field(alias="from")]
    until: Annotated[int, Field(alias="to")]


class Origin(BaseModel):
    """The records that a snapshot holds, as its manifest has them."""

    model_config = ConfigDict(frozen=True)

    cluster_id: str
    topic: str
    topic_id: UUID
    partitions: tuple[Stretch, ...]

    @property
    def ends(self) -> dict[int, int]:
        """Where each partition goes on in the next segment."""
        return {stretch.partition: stretch.until for stretch in self.partitions}


class _Manifest(BaseModel):
    origin: Origin


@dataclass(frozen=True, slots=True)
class Segment:
    """A closed segment as a source of lines."""

    path: Path
    name: str

    def blocks(self) -> Iterator[bytes]:
        """Read the lines; bytes that are not the manifest's are a :class:`DataError`."""
        return (chunk.data for chunk in open_snapshot(self.path).chunks())

    def describe(self) -> dict[str, Any]:
        """Name the segment by its manifest, which names its parts, and by the records in it."""
        manifest = self.path / "manifest.json"
        origin = read_origin(self.path).model_dump(mode="json", by_alias=True)
        return {"name": self.name, "manifest_sha256": sha256_file(manifest), "origin": origin}


def is_segment(folder: Path) -> bool:
    """Whether a folder has the name of a segment."""
    return re.fullmatch(rf"{_PREFIX}\d{{8}}", folder.name) is not None


def list_segments(folder: Path) -> list[Path]:
    """Return the closed segments of a folder, oldest first; a folder without any has none."""
    return sorted(path for path in folder.glob(f"{_PREFIX}*") if is_segment(path))


def next_segment(folder: Path) -> Path:
    """Return the path of the segment that follows the last one."""
    closed = list_segments(folder)
    number = int(closed[-1].name.removeprefix(_PREFIX)) + 1 if closed else 1
    return folder / f"{_PREFIX}{number:08}"


def read_origin(segment: Path) -> Origin:
    """Read what a segment holds; a manifest that does not say it is a :class:`DataError`."""
    path = segment / "manifest.json"
    try:
        return _Manifest.model_validate(read_json(path)).origin
    except ValidationError:
        raise DataError(f"{path}: expected the manifest of a segment of a topic") from None


def expect_chain(segments: Sequence[Path]) -> Origin | None:
    """Check that each segment begins where the one before it ends, and return the last's origin.

    The first may be any; one that is missing in between is a :class:`DataError`.
    """
    origins = [(segment, read_origin(segment)) for segment in segments]
    for (_, before), (segment, after) in pairwise(origins):
        if (before.cluster_id, before.topic_id) != (after.cluster_id, after.topic_id):
            raise DataError(f"{segment}: of another topic than the segment before it")
        for stretch in after.partitions:
            end = before.ends.get(stretch.partition, 0)
            if stretch.since != end:
                raise DataError(
                    f"{segment}: partition {stretch.partition} begins at offset {stretch.since}, "
                    f"the segment before it ends at {end}: one is missing, or there twice"
                )
    return origins[-1][1] if origins else None


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep others from writing to a folder of segments, and clear away what a killed one left.

    A folder that somebody writes to, that holds something else, or that cannot be written to, is a
    :class:`DataError`.
    """
    with ExitStack() as stack:
        try:
            _expect_segments_alone(folder)
            lock = stack.enter_context((folder / ".lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.glob(f".{_PREFIX}*.partial-*"):
                shutil.rmtree(left)
        except BlockingIOError:
            raise DataError(f"{folder}: another process is writing segments there") from None
        except OSError as error:
            said = f"{error.filename or folder}: {error.strerror}"
            raise DataError(f"{said}; expected a folder to write segments to") from None
        yield


def _expect_segments_alone(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if not path.name.startswith(".") and not is_segment(path):
            raise DataError(f"{folder}: expected a new folder or segments, found {path.name}")
