"""What git knows of the lock."""

import subprocess
from pathlib import Path

from marquee.errors import ProvenanceError


def find_root() -> Path:
    """Return the top folder of the repository around the working directory."""
    return Path(_git(Path(), "rev-parse", "--show-toplevel"))


def lock_is_committed(root: Path) -> bool:
    """Say whether ``dvc.lock`` is, byte for byte, the one of HEAD."""
    return not _git(root, "status", "--porcelain", "--ignored", "--", "dvc.lock")


def commit_of_lock(root: Path) -> str | None:
    """Return the newest commit that changed ``dvc.lock``, or None where none has.

    Its tree holds the code that the lock records, also where a stage that was rewritten gave the
    same bytes again. A merge counts where its lock is neither side's.
    """
    if not _has_commits(root):
        return None
    return _git(root, "log", "--max-count=1", "--format=%H", "--", "dvc.lock") or None


def commit_that_recorded(root: Path, md5: str) -> str | None:
    """Return the newest commit whose change brought ``md5`` into ``dvc.lock``, or None."""
    if not _has_commits(root):
        return None
    query = ("log", "--format=%H", "-c", "--no-patch", "--diff-filter=d", f"-S{md5}")
    for commit in _git(root, *query, "--", "dvc.lock").splitlines():
        # -S also finds the commits that took it out.
        if md5 in _git(root, "show", f"{commit}:dvc.lock"):
            return commit
    return None


def _has_commits(root: Path) -> bool:
    return _git(root, "rev-list", "--all", "--max-count=1") != ""


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True
        )
    except FileNotFoundError:
        raise ProvenanceError("git: no such command; provenance is read from git") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ProvenanceError(f"git {arguments[0]}: {said}") from None
    return done.stdout.strip()
