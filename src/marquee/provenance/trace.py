"""Walk from a model to all that it was made from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marquee.artifacts import read_json
from marquee.errors import ProvenanceError
from marquee.provenance.digest import Digest, digest_path
from marquee.provenance.git import (
    commit_of_lock,
    commit_that_recorded,
    find_root,
    lock_is_committed,
)
from marquee.provenance.libraries import Library, read_libraries
from marquee.provenance.lock import Lock, PathRecord, StageRecord, read_lock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The raw data at the beginning: where its record says it is, and its manifest."""

    record: PathRecord
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """A model's provenance.

    ``model`` is its record in ``lock``, ``folder`` where it stands, ``lineage`` the stages that led
    to it, upstream first. ``commit`` is the newest that changed ``dvc.lock``, None while the lock
    differs from the committed one.
    """

    root: Path
    folder: Path
    model: PathRecord
    lock: Lock
    lineage: tuple[StageRecord, ...]
    snapshot: Snapshot
    commit: str | None
    libraries: tuple[Library, ...]


def trace_model(folder: Path) -> Trace:
    """Trace the model in ``folder`` through the repository around the working directory.

    The model is known by its digest, so a copy of it may stand anywhere. :class:`ProvenanceError`
    where there is no repository, no lock, no model, no record of it, or no raw snapshot.
    """
    root = find_root()
    lock = read_lock(root / "dvc.lock")
    digest = digest_path(folder, root)
    if digest is None:
        raise ProvenanceError(f"{folder}: no model there; dvc checkout or dvc repro brings it back")
    model = lock.made(digest) or _unrecorded(folder, digest, lock, root)
    lineage = lock.lineage(model.path)
    return Trace(
        root=root,
        folder=folder,
        model=model,
        lock=lock,
        lineage=lineage,
        snapshot=_snapshot(root, lineage),
        commit=commit_of_lock(root) if lock_is_committed(root) else None,
        libraries=read_libraries(root / "requirements.lock"),
    )


def _unrecorded(folder: Path, digest: Digest, lock: Lock, root: Path) -> PathRecord:
    commit = commit_that_recorded(root, digest.md5)
    if commit is not None:
        hint = f"; commit {commit[:12]} knew it: git checkout that and dvc checkout"
    elif (record := lock.out(folder.as_posix())) is not None:
        hint = f"; dvc.lock records {record.digest}"
    else:
        hint = f"; its outputs are {', '.join(out.path for s in lock.stages for out in s.outs)}"
    raise ProvenanceError(f"{folder}: {digest}, which no stage of dvc.lock made{hint}")


def _snapshot(root: Path, lineage: tuple[StageRecord, ...]) -> Snapshot:
    made = [out for stage in lineage for out in stage.outs if out.digest.nfiles is not None]
    for out in made:
        if (root / out.path / "manifest.json").is_file():
            return Snapshot(out, read_json(root / out.path / "manifest.json"))
    raise ProvenanceError(
        f"{made[0].path}: no raw snapshot with a manifest.json there; dvc checkout brings it back"
    )
