"""What of a checkout a cell of a sweep would run, and whether that is committed."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from marquee.errors import MarqueeError
from marquee.params import read_yaml

_ALWAYS = ("dvc.yaml", "dvc.lock", ".dvc", ".dvcignore")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A path that differs from the last commit; ``untracked`` where git does not know it."""

    path: str
    untracked: bool


def refuse_uncommitted(root: Path) -> None:
    """Raise where what a cell runs differs from the last commit, and say what to do.

    A cell runs the commit, so it would run something else than its parameters say. What it does
    not read may differ: notes, pictures, documents, the grid itself.
    """
    stages = _stages(root)
    outs = [path for stage in stages for path in _outs(stage)]
    read = [*_ALWAYS, *(path for stage in stages for path in _inputs(stage)), *outs]
    found = [change for change in _changes(root) if _is_below(change.path, read)]
    if found:
        shown = ", ".join(change.path for change in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise MarqueeError(
            f"a sweep runs what is committed, but these are not: {shown}{more}; "
            f"{_remedy(found, outs)}"
        )


def _remedy(found: Sequence[Change], outs: Sequence[str]) -> str:
    paths = [change.path for change in found]
    made = [path for path in paths if _is_below(path, outs)]
    if "dvc.lock" in paths and {*paths} <= {"params.yaml", "dvc.lock", *made}:
        return (
            "they are a run of the pipeline, maybe of `dvc exp run`: commit them to keep it, or go "
            f"back by `{_undo(found, made)}` (an experiment stays in `dvc exp show`)"
        )
    stash = (
        "git stash --include-untracked" if any(each.untracked for each in found) else "git stash"
    )
    return f"commit them, or put them aside by `{stash}`"


def _undo(found: Sequence[Change], made: Sequence[str]) -> str:
    """Return the commands that bring parameters, lock and outputs of the commit back."""
    tracked = [each.path for each in found if not each.untracked]
    folders = dict.fromkeys(_folder(path) for path in tracked if path in made)
    own = [path for path in ("params.yaml", "dvc.lock") if path in tracked]
    new = dict.fromkeys(_folder(each.path) for each in found if each.untracked)
    return " && ".join(
        [
            f"git checkout -- {' '.join([*own, *folders])}",
            *([f"git clean -fd {' '.join(new)}"] if new else []),
            "dvc checkout",
        ]
    )


def _folder(path: str) -> str:
    """Return the first two parts of an output's path: ``data/reports``."""
    parts = PurePosixPath(path).parts
    return "/".join(parts[: min(2, max(1, len(parts) - 1))])


def _stages(root: Path) -> list[Mapping[str, Any]]:
    pipeline = read_yaml(root / "dvc.yaml")
    stages = pipeline.get("stages") if isinstance(pipeline, dict) else None
    if not isinstance(stages, dict):
        raise MarqueeError("dvc.yaml: no stages; expected the pipeline that a sweep runs")
    return list(stages.values())


def _inputs(stage: Mapping[str, Any]) -> Iterator[str]:
    yield from _paths(stage.get("deps"))
    for entry in stage.get("params") or ():
        yield from entry if isinstance(entry, dict) else ("params.yaml",)


def _outs(stage: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("outs", "metrics", "plots"):
        yield from _paths(stage.get(kind))


def _paths(entries: Any) -> Iterator[str]:
    """Yield the paths of a list whose entries are a path, or a mapping from one to its options."""
    for entry in entries or ():
        yield from entry if isinstance(entry, dict) else (entry,)


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder.rstrip('/')}/") for folder in folders)


def _changes(root: Path) -> Iterator[Change]:
    """Yield what ``git status`` calls changed or untracked."""
    command = ["git", "status", "--porcelain", "-z", "--untracked-files=all"]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, errors="surrogateescape", check=False
    )
    if done.returncode:
        raise MarqueeError(f"git: {done.stderr.strip()}")
    entries = iter(done.stdout.split("\0")[:-1])
    for entry in entries:
        state, path = entry[:2], entry[3:]
        yield Change(path, untracked=state == "??")
        if state[0] in "RC":  # a renamed file's old name follows
            yield Change(next(entries), untracked=False)
