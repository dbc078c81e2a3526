"""Files whose bytes matter: whole or absent, canonical, and named by their digest."""

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from marquee.errors import DataError

_BLOCK = 1 << 20


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a sibling of ``path`` to write to; it takes the place of ``path`` only on success.

    Works for a file and for a folder. On any exception, an interrupt included, the sibling is
    removed and what stood at ``path`` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=f".{path.name}.partial-", dir=path.parent))
    try:
        room.chmod(0o755)
        yield room / path.name
        _replace(room / path.name, path, room / "previous")
    finally:
        shutil.rmtree(room, ignore_errors=True)


@contextmanager
def all_whole(paths: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Yield a sibling for each of several paths; all of them are replaced, or none is."""
    with ExitStack() as stack:
        siblings = {name: stack.enter_context(whole(path)) for name, path in paths.items()}
        yield siblings
        for name, sibling in siblings.items():
            _expect_written(sibling, paths[name])


def _expect_written(sibling: Path, path: Path) -> None:
    if not sibling.exists():
        raise DataError(f"{path}: expected an output, nothing was written there")


def _replace(new: Path, path: Path, previous: Path) -> None:
    _expect_written(new, path)
    if path.exists() and (path.is_dir() or new.is_dir()):
        path.rename(previous)
    new.replace(path)


def canonical_json(value: object) -> bytes:
    """Return the one spelling of ``value``: sorted keys, two spaces, no NaN, a final newline."""
    text = json.dumps(_plain(value), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _plain(value: Any) -> Any:
    """Turn numpy scalars and arrays into Python ones, and floats that are no number into null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as canonical JSON, making the parent folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(canonical_json(value))


def read_json(path: Path) -> Any:
    """Read a JSON file; a missing or damaged one is a :class:`DataError` that names it."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, expected a JSON file") from None
    except ValueError as error:
        raise DataError(f"{path}: expected JSON, found damage ({error})") from None


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return _digest(path, "sha256")


def md5_file(path: Path) -> str:
    """Return the MD5 of a file's bytes, the digest that ``dvc.lock`` records."""
    return _digest(path, "md5")


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def files_below(folder: Path) -> list[Path]:
    """List the files below ``folder`` (or the file itself), ordered by their POSIX path."""
    if folder.is_file():
        return [folder]
    found = (Path(root, name) for root, _, names in os.walk(folder) for name in names)
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def tree_bytes(folder: Path) -> int:
    """Return how many bytes the files below ``folder`` take."""
    return sum(path.stat().st_size for path in files_below(folder))
