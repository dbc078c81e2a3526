"""What ``dvc.lock`` says that each stage read and made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marquee.errors import ProvenanceError
from marquee.provenance.digest import Digest


@dataclass(frozen=True, slots=True)
class PathRecord:
    """A dependency or output and the digest it had when its stage ran."""

    path: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One run of one stage; ``params`` maps a parameter file to its keys and values."""

    name: str
    cmd: str
    deps: tuple[PathRecord, ...]
    params: Mapping[str, Mapping[str, Any]]
    outs: tuple[PathRecord, ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """The stages of ``dvc.lock``, in its order."""

    stages: tuple[StageRecord, ...]

    def out(self, path: str) -> PathRecord | None:
        """Return the output recorded at ``path``."""
        return next((out for out in self._outs() if out.path == path), None)

    def made(self, digest: Digest) -> PathRecord | None:
        """Return the first output that was recorded with this digest, wherever it stood."""
        return next((out for out in self._outs() if out.digest.md5 == digest.md5), None)

    def lineage(self, path: str) -> tuple[StageRecord, ...]:
        """Return the stages that led to ``path``, each once, after the ones it depends on."""
        found: dict[str, StageRecord] = {}
        self._walk(path, found)
        return tuple(found.values())

    def _walk(self, path: str, found: dict[str, StageRecord]) -> None:
        for stage in self.stages:
            if stage.name not in found and any(out.path == path for out in stage.outs):
                for dep in stage.deps:
                    self._walk(dep.path, found)
                found[stage.name] = stage

    def _outs(self) -> Iterator[PathRecord]:
        return (out for stage in self.stages for out in stage.outs)


def read_lock(path: Path) -> Lock:
    """Read a ``dvc.lock``; a missing or damaged one is a :class:`ProvenanceError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProvenanceError(
            f"{path}: no such file; expected the lock that dvc repro writes"
        ) from None
    try:
        stages = read_yaml(text)["stages"]
        return Lock(tuple(_stage(name, record) for name, record in stages.items()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProvenanceError(f"{path}: not a dvc.lock: {' '.join(str(error).split())}") from None


def read_yaml(text: str) -> Any:
    """Parse YAML 1.2 as DVC does; ValueError where it is none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ValueError(str(error)) from None


def _stage(name: str, record: Mapping[str, Any]) -> StageRecord:
    return StageRecord(
        name=name,
        cmd=record["cmd"],
        deps=_paths(record.get("deps", ())),
        params=record.get("params", {}),
        outs=_paths(record.get("outs", ())),
    )


def _paths(records: Any) -> tuple[PathRecord, ...]:
    return tuple(
        PathRecord(item["path"], Digest(item["md5"], item["size"], item.get("nfiles")))
        for item in records
    )
