"""Recompute every digest that a model's provenance rests on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from marquee.artifacts import sha256_file
from marquee.provenance.digest import Digest, digest_path
from marquee.provenance.libraries import Library
from marquee.provenance.lock import PathRecord, StageRecord, read_yaml
from marquee.provenance.trace import Snapshot, Trace

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Verified:
    """How many of each were compared, and each difference: its place, what was found, and what was
    recorded.
    """

    paths: int
    parameters: int
    parts: int
    libraries: int
    differences: tuple[str, ...] = ()


def verify(trace: Trace) -> Verified:
    """Compare what is on disk with the lock and the manifest: stage by stage its dependencies,
    parameters and outputs, for the raw snapshot its parts first; then the installed libraries with
    the pinned ones.

    A library that is not installed is no difference: others are pinned for other platforms. Nothing
    but the disk is read.
    """
    disk = _Disk(trace.root)
    stages = trace.lock.stages
    found = [
        *chain.from_iterable(_stage(stage, trace, disk) for stage in stages),
        *_libraries(trace.libraries),
    ]
    return Verified(
        paths=len(disk.digests),
        parameters=sum(len(values) for stage in stages for values in stage.params.values()),
        parts=len(trace.snapshot.manifest["parts"]),
        libraries=sum(library.installed is not None for library in trace.libraries),
        differences=tuple(dict.fromkeys(found)),
    )


@dataclass(frozen=True, slots=True)
class _Disk:
    root: Path
    digests: dict[str, Digest | None] = field(default_factory=dict)

    def differs(self, record: PathRecord) -> Iterator[str]:
        if record.path not in self.digests:
            self.digests[record.path] = digest_path(self.root / record.path, self.root)
        found = self.digests[record.path]
        if found != record.digest:
            yield f"{record.path}: found {found or 'nothing'}, dvc.lock records {record.digest}"


def _stage(stage: StageRecord, trace: Trace, disk: _Disk) -> Iterator[str]:
    for dep in stage.deps:
        yield from disk.differs(dep)
    for file, values in stage.params.items():
        yield from _params(trace.root / file, values)
    for out in stage.outs:
        if out == trace.snapshot.record:
            yield from _parts(trace.root, trace.snapshot)
        yield from disk.differs(out)


def _params(path: Path, recorded: Mapping[str, Any]) -> Iterator[str]:
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield f"{path.name}: {' '.join(str(error).split())}"
        return
    for key, value in recorded.items():
        yield from _value(path.name, key, _lookup(values, key), value)


def _lookup(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values.get(part, _ABSENT) if isinstance(values, Mapping) else _ABSENT
    return values


def _value(name: str, key: str, found: Any, recorded: Any) -> Iterator[str]:
    if isinstance(found, Mapping) and isinstance(recorded, Mapping):
        for inner in sorted(found.keys() | recorded.keys(), key=str):
            there, then = found.get(inner, _ABSENT), recorded.get(inner, _ABSENT)
            yield from _value(name, f"{key}.{inner}", there, then)
    elif found != recorded:
        yield f"{name}: {key}: found {_say(found)}, dvc.lock records {_say(recorded)}"


def _say(value: Any) -> str:
    return "nothing" if value is _ABSENT else repr(value)


def _parts(root: Path, snapshot: Snapshot) -> Iterator[str]:
    folder = root / snapshot.record.path
    for part in snapshot.manifest["parts"]:
        path = folder / part["name"]
        found = f"sha256 {sha256_file(path)}" if path.is_file() else "nothing"
        if found != f"sha256 {part['sha256']}":
            yield (
                f"{snapshot.record.path}/{part['name']}: found {found}, "
                f"its manifest records sha256 {part['sha256']}"
            )


def _libraries(libraries: Sequence[Library]) -> Iterator[str]:
    for library in libraries:
        if library.differs:
            yield (
                f"{library.name}: found {library.installed} installed, "
                f"requirements.lock pins {' or '.join(library.locked)}"
            )
