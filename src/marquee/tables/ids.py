"""Ids as a source gives them, where the grammar of the log cannot carry them.

Such a source numbers its ids: the log says user ``i`` and movie ``i+``, and a part of the snapshot
says in line ``i``, from 0, which id that is.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from marquee.errors import DataError

USER_IDS, MOVIE_IDS = "user-ids.jsonl", "movie-ids.jsonl"
MAX_ID_LENGTH = 512
"""In characters. Models keep ids in arrays as wide as the longest one."""


def fault_of_id(text: str) -> str | None:
    """Say why a text cannot be an id, or None where it can.

    Numpy drops NUL characters at the end of a text, so that two ids would become one.
    """
    if not text:
        return "an empty id"
    if len(text) > MAX_ID_LENGTH:
        return f"an id of {len(text)} characters, the most is {MAX_ID_LENGTH}"
    if "\0" in text:
        return "a NUL character in an id"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "an id that is no Unicode text"
    return None


def encode_ids(name: str, ids: Iterable[str]) -> Iterator[bytes]:
    """Write ids as JSON strings, one a line; ``name`` is the file that a :class:`DataError` names.

    They must ascend strictly by code point, and each must be one by :func:`fault_of_id`.
    """
    for text in _checked(name, ids):
        yield json.dumps(text, ensure_ascii=False).encode() + b"\n"


def decode_ids(path: Path, lines: bytes) -> list[str]:
    """Read what :func:`encode_ids` wrote; a line that is something else is a :class:`DataError`."""
    values = [_parse(path, number, line) for number, line in enumerate(lines.splitlines(), 1)]
    return list(_checked(str(path), values))


def _checked(name: str, ids: Iterable[str]) -> Iterator[str]:
    before: str | None = None
    for number, text in enumerate(ids, 1):
        if fault := fault_of_id(text):
            raise DataError(f"{name} line {number}: {fault}: {text[:40]!r}")
        if before is not None and text <= before:
            raise DataError(
                f"{name} line {number}: {text[:40]!r} after {before[:40]!r}: expected ids in "
                "ascending order, each once"
            )
        yield text
        before = text


def _parse(path: Path, number: int, line: bytes) -> str:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, str):
        raise DataError(f"{path} line {number}: expected a JSON string, found {line[:40]!r}")
    return value
