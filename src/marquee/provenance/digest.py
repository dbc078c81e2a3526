"""Digests of files and folders as ``dvc.lock`` records them, computed without DVC's caches."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from marquee.artifacts import files_below, md5_file


@dataclass(frozen=True, slots=True)
class Digest:
    """What DVC records of a path: ``md5`` ends in ``.dir`` for a folder, ``size`` is in bytes,
    ``nfiles`` is None for a file.
    """

    md5: str
    size: int
    nfiles: int | None

    def __str__(self) -> str:
        files = "" if self.nfiles is None else f" in {self.nfiles} files"
        return f"md5 {self.md5}, {self.size} bytes{files}"


def digest_path(path: Path, root: Path) -> Digest | None:
    """Digest a file or a folder, leaving out what ``root``'s ``.dvcignore`` names.

    A folder's digest is the MD5 of the JSON list of its files' digests and relative paths, ordered
    by path, as in DVC's ``.dir`` objects. None where there is nothing at ``path``.
    """
    if path.is_file():
        return Digest(md5_file(path), path.stat().st_size, None)
    if not path.is_dir():
        return None
    files = _tracked(path, root)
    listing = [
        {"md5": md5_file(file), "relpath": file.relative_to(path).as_posix()} for file in files
    ]
    text = json.dumps(listing, sort_keys=True).encode()
    md5 = hashlib.md5(text, usedforsecurity=False).hexdigest()
    return Digest(f"{md5}.dir", sum(file.stat().st_size for file in files), len(files))


def _tracked(folder: Path, root: Path) -> list[Path]:
    from pathspec import GitIgnoreSpec

    ignore = root / ".dvcignore"
    spec = GitIgnoreSpec.from_lines(ignore.read_text().splitlines() if ignore.exists() else ())
    return [
        file for file in files_below(folder) if not spec.match_file(os.path.relpath(file, root))
    ]
