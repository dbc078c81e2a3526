"""What is known of users and movies, from rows that are not always what they should be."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from marquee.events import MAX_USER_ID, MOVIE_ID

USERS = pa.schema(
    {
        "user_id": pa.int64(),
        "age": pa.int32(),
        "gender": pa.string(),
        "occupation": pa.string(),
    }
)

MOVIES = pa.schema(
    {
        "movie_id": pa.string(),
        "title": pa.string(),
        "year": pa.int32(),
        "genres": pa.list_(pa.string()),
        "language": pa.string(),
        "runtime": pa.int32(),
    }
)

MAX_AGE = 130
NOTHING = ("", "null", "None", "nan", "NaN", "\\N")
"""How files write that something is not known."""

WHOLE = re.compile(r"(\d{1,19})(?:\.0+)?", re.ASCII)
"""A whole number, which a data frame with gaps writes as ``27.0``."""

_MAX_RUNTIME = 100_000
_MAX_YEAR = 9999
_YEAR = re.compile(r"(\d{4})(?:-|$)", re.ASCII)
_YEAR_OF_ID = re.compile(r"\+(\d{4})$", re.ASCII)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Metadata:
    """A table with one row an id, ordered by it, and how many rows had no place in it."""

    table: pa.Table
    bad_rows: int
    repeated_rows: int


def read_users(lines: bytes) -> Metadata:
    """Read users, one JSON object a line; see :func:`_read` for what is tolerated."""
    return _read(lines, USERS, _user)


def read_movies(lines: bytes) -> Metadata:
    """Read movies in the metadata API's JSON, one object a line, likewise."""
    return _read(lines, MOVIES, _movie)


def _read(lines: bytes, schema: pa.Schema, convert: Callable[[Row], Row | None]) -> Metadata:
    """Read a row a line; the last row of an id wins, no lines give an empty table.

    Numbers may be strings, and "null" is null; what cannot be read as its type is null too. A row
    that is no JSON object or has no id is bad: counted, not kept. So is a movie whose id no line of
    the log could name.
    """
    key, rows, bad_rows, good_rows = schema.names[0], {}, 0, 0
    for line in filter(None, map(bytes.strip, lines.split(b"\n"))):
        row = _parse(line, convert)
        if row is None:
            bad_rows += 1
        else:
            good_rows += 1
            rows[row[key]] = row
    ordered = [rows[identity] for identity in sorted(rows)]
    return Metadata(pa.Table.from_pylist(ordered, schema), bad_rows, good_rows - len(rows))


def _parse(line: bytes, convert: Callable[[Row], Row | None]) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return convert(row) if isinstance(row, dict) else None


def _user(row: Row) -> Row | None:
    user_id = _whole(row.get("user_id"), MAX_USER_ID)
    if user_id is None:
        return None
    return {
        "user_id": user_id,
        "age": _whole(row.get("age"), MAX_AGE),
        "gender": _text(row.get("gender")),
        "occupation": _text(row.get("occupation")),
    }


def _movie(row: Row) -> Row | None:
    movie_id = _text(row.get("id"))
    if movie_id is None or not MOVIE_ID.fullmatch(movie_id):
        return None
    return {
        "movie_id": movie_id,
        "title": _text(row.get("title")),
        "year": _year(row, movie_id),
        "genres": _genres(row.get("genres")),
        "language": _text(row.get("original_language")),
        "runtime": _whole(row.get("runtime"), _MAX_RUNTIME) or None,
    }


def _text(value: object) -> str | None:
    if not isinstance(value, str) or value.strip() in NOTHING:
        return None
    return value.strip().encode("utf-8", "replace").decode()


def _whole(value: object, largest: int) -> int | None:
    """Read a whole number from 0 to ``largest``; null where it is something else."""
    if isinstance(value, bool):
        return None
    match = WHOLE.fullmatch(str(value).strip())
    return int(match[1]) if match and int(match[1]) <= largest else None


def _year(row: Row, movie_id: str) -> int | None:
    """Take the row's ``year``, or the one that the id ends in, or that of the release date.

    Title and id name a movie by its year. The release date comes last because it is that of one
    country, and often a later year.
    """
    if year := _whole(row.get("year"), _MAX_YEAR):
        return year
    match = _YEAR_OF_ID.search(movie_id) or _YEAR.match(str(row.get("release_date")))
    return int(match[1]) or None if match else None


def _genres(value: object) -> list[str]:
    """Return each genre once, in the order given, whether written ``{"name": …}`` or plain."""
    items = value if isinstance(value, list) else []
    names = [_text(item.get("name") if isinstance(item, dict) else item) for item in items]
    return list(dict.fromkeys(name for name in names if name is not None))
