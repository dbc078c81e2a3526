"""Rows of user and movie metadata in one shape, whatever file they came in."""

import ast
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from marquee.events import MOVIE_ID
from marquee.tables.metadata import MAX_AGE, NOTHING, WHOLE

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be read: kept as it is, with where it stood and what is wrong.

    ``found`` is the value at fault, where the reason is about one: a rating off the scale, say.
    """

    file: str
    line_number: int
    reason: str
    row: str
    found: str | None = None

    def line(self) -> bytes:
        """Return the row of the part that keeps such rows."""
        return encode({name: value for name, value in asdict(self).items() if value is not None})

    def __str__(self) -> str:
        return f"{self.file} line {self.line_number}: {self.reason} in {self.row[:80]!r}"


class UnreadableRow(ValueError):
    """Why a row is no user or movie."""


def encode(row: Row) -> bytes:
    """Return the JSON line of a row; text that is no Unicode raises :class:`UnreadableRow`."""
    try:
        return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        raise UnreadableRow("not UTF-8") from None


def user(row: Row) -> dict[str, Any]:
    """Return ``row`` with ``user_id``, ``age``, ``occupation``, ``gender`` in their types.

    Other fields stay as they are. :class:`UnreadableRow` where the row is no user's.
    """
    if "user_id" not in row:
        raise UnreadableRow("no user_id: not a user")
    user_id, age = _whole(row["user_id"]), _whole(row.get("age"))
    if user_id is None:
        raise UnreadableRow("user_id")
    if age is not None and age > MAX_AGE:
        raise UnreadableRow("age")
    known = {
        "user_id": user_id,
        "age": age,
        "occupation": _text(row.get("occupation")),
        "gender": _text(row.get("gender")),
    }
    return {**known, **{key: value for key, value in row.items() if key not in known}}


def movie(row: Row) -> dict[str, Any]:
    """Return ``row`` in the shape of the metadata API: ``id``, ``title``, ``genres`` [{name}], ….

    ``movie_id`` is read as ``id``; genres may be a list, its JSON, or names joined by ``|``; what
    has no name is dropped. Other fields stay as they are. :class:`UnreadableRow` where the row is
    no movie's.
    """
    row = {"id" if key == "movie_id" else key: value for key, value in row.items()}
    for field in ("id", "title"):
        if not isinstance(row.get(field), str) or not row[field]:
            raise UnreadableRow(f"no {field}: not a movie")
    if not MOVIE_ID.fullmatch(row["id"]):
        raise UnreadableRow("id")
    for field in ("tmdb_id", "runtime"):
        if field in row:
            row[field] = _whole(row[field])
    return {**row, "genres": _genres(row.get("genres"))}


def _whole(value: object) -> int | None:
    text = _text(value)
    if text is None:
        return None
    if match := WHOLE.fullmatch(text):
        return int(match[1])
    raise UnreadableRow(f"{text[:40]!r} is no whole number")


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return None if text in NOTHING else text


def _genres(value: object) -> list[Any]:
    if isinstance(value, str):
        value = _listed(value)
    if not isinstance(value, list):
        return []
    genres = [genre if isinstance(genre, dict) else {"name": genre} for genre in value]
    return [genre for genre in genres if isinstance(genre.get("name"), str)]


def _listed(text: str) -> object:
    """Read genres out of one field; a data frame writes a list in Python's spelling."""
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return _python_list(text)
    return [name for name in text.split("|") if name not in NOTHING]


def _python_list(text: str) -> object:
    try:
        value = ast.literal_eval(text)
        json.dumps(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise UnreadableRow("genres") from None
    return value
