"""Files whose bytes matter: whole or absent, canonical, and named by their digest."""

import errno
import hashlib
import json
import math
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
    with all_whole({"": path}) as siblings:
        yield siblings[""]


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a path to make a folder at; it takes the place of ``path`` only on success.

    A ``path`` where something is already, and one that cannot be written, are a
    :class:`DataError`; nothing is left there.
    """
    path = path.resolve()
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise DataError(f"{path}: expected a new or an empty folder, found something there")
    try:
        with whole(path) as room:
            yield room
    except OSError as error:
        reason = error.strerror or errno.errorcode.get(error.errno or 0, "cannot be written")
        raise DataError(f"{path}: {reason}; nothing was left there") from None


@contextmanager
def all_whole(paths: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Yield a sibling for each of several paths; all of them are replaced, or none is."""
    mark = f"partial-{secrets.token_hex(4)}"
    rooms = {name: path.parent / f".{path.name}.{mark}" for name, path in paths.items()}
    try:
        for room in rooms.values():
            room.mkdir(parents=True)
        yield {name: room / paths[name].name for name, room in rooms.items()}
        with _uninterrupted():
            _replace_all([(room / paths[name].name, paths[name]) for name, room in rooms.items()])
    finally:
        with _uninterrupted():
            for room in rooms.values():
                shutil.rmtree(room, ignore_errors=True)


def _replace_all(moves: list[tuple[Path, Path]]) -> None:
    for new, path in moves:
        if not new.exists():
            raise DataError(f"{path}: expected an output, nothing was written there")
    done: list[tuple[Path, Path]] = []
    try:
        for new, path in moves:
            done.append((new, path))
            _put_aside(path, new)
            new.replace(path)
    except OSError:
        for new, path in reversed(done):
            _put_back(path, new)
        raise


def _previous(new: Path) -> Path:
    return new.with_name(f"{new.name}.previous")


def _put_aside(path: Path, new: Path) -> None:
    """Keep what stands at ``path``; a file stays in its place too, so its replacement is atomic."""
    if path.is_file() and new.is_file() and not path.is_symlink():
        with suppress(OSError):  # a file system without hard links
            _previous(new).hardlink_to(path)
            return
    if os.path.lexists(path):
        path.rename(_previous(new))


def _put_back(path: Path, new: Path) -> None:
    if not os.path.lexists(new):
        path.rename(new)
    if os.path.lexists(_previous(new)):
        _previous(new).replace(path)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back what would interrupt until the block is done; only the main thread gets it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _: pending.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for held_back in pending:
            signal.raise_signal(held_back)


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
