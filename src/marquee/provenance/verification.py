"""Recompute every digest that a model's provenance rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marquee.artifacts import sha256_file
from marquee.errors import ProvenanceError
from marquee.provenance.digest import Digest, digest_path
from marquee.provenance.libraries import Library
from marquee.provenance.lock import PathRecord, read_yaml
from marquee.provenance.trace import Snapshot, Trace

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Verified:
    """How many of each were found to be as recorded."""

    paths: int
    parameters: int
    parts: int
    libraries: int


def verify(trace: Trace) -> Verified:
    """Compare what is on disk with the lock and the manifest: stage by stage its dependencies,
    parameters and outputs, for the raw snapshot its parts first; then the installed libraries with
    the pinned ones.

    The first difference is a :class:`ProvenanceError` that names it, what was recorded and what was
    found. A library that is not installed is none: others are pinned for other platforms. Nothing
    but the disk is read.
    """
    disk = _Disk(trace.root)
    parameters = parts = 0
    for stage in trace.lock.stages:
        for dep in stage.deps:
            disk.expect(dep)
        for file, values in stage.params.items():
            parameters += _expect_params(trace.root / file, values)
        for out in stage.outs:
            if out == trace.snapshot.record:
                parts = _expect_parts(trace.root, trace.snapshot)
            disk.expect(out)
    return Verified(
        paths=len(disk.digests),
        parameters=parameters,
        parts=parts,
        libraries=_expect_libraries(trace.libraries),
    )


@dataclass(frozen=True, slots=True)
class _Disk:
    root: Path
    digests: dict[str, Digest | None] = field(default_factory=dict)

    def expect(self, record: PathRecord) -> None:
        if record.path not in self.digests:
            self.digests[record.path] = digest_path(self.root / record.path, self.root)
        found = self.digests[record.path]
        if found != record.digest:
            raise ProvenanceError(
                f"{record.path}: found {found or 'nothing'}, dvc.lock records {record.digest}"
            )


def _expect_params(path: Path, recorded: Mapping[str, Any]) -> int:
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProvenanceError(f"{path.name}: {' '.join(str(error).split())}") from None
    for key, value in recorded.items():
        _expect_value(path.name, key, _lookup(values, key), value)
    return len(recorded)


def _lookup(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values.get(part, _ABSENT) if isinstance(values, Mapping) else _ABSENT
    return values


def _expect_value(name: str, key: str, found: Any, recorded: Any) -> None:
    if isinstance(found, Mapping) and isinstance(recorded, Mapping):
        for inner in sorted(found.keys() | recorded.keys(), key=str):
            there, then = found.get(inner, _ABSENT), recorded.get(inner, _ABSENT)
            _expect_value(name, f"{key}.{inner}", there, then)
    elif found != recorded:
        raise ProvenanceError(
            f"{name}: {key}: found {_say(found)}, dvc.lock records {_say(recorded)}"
        )


def _say(value: Any) -> str:
    return "nothing" if value is _ABSENT else repr(value)


def _expect_parts(root: Path, snapshot: Snapshot) -> int:
    folder = root / snapshot.record.path
    for part in snapshot.manifest["parts"]:
        path = folder / part["name"]
        found = f"sha256 {sha256_file(path)}" if path.is_file() else "nothing"
        if found != f"sha256 {part['sha256']}":
            raise ProvenanceError(
                f"{snapshot.record.path}/{part['name']}: found {found}, "
                f"its manifest records sha256 {part['sha256']}"
            )
    return len(snapshot.manifest["parts"])


def _expect_libraries(libraries: Sequence[Library]) -> int:
    for library in libraries:
        if library.differs:
            raise ProvenanceError(
                f"{library.name}: found {library.installed} installed, "
                f"requirements.lock pins {' or '.join(library.locked)}"
            )
    return sum(library.installed is not None for library in libraries)
