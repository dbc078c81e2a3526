"""The shape of delimited text by its first lines: what divides fields, what the columns are."""

import csv
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from marquee.errors import DataError
from marquee.ingest.ratings.columns import RATINGS, Given, Kind

_DELIMITERS = (",", "\t", "::", ";", "|", "^", "\x01", ":", " ")
_NEVER = frozenset(" \"'._-+/()[]{}@\r")
"""Marks that stand within values."""
_NAMES = {",": "CSV", "\t": "TSV"}
_MOVIELENS = ("user", "movie", "rating", "timestamp")
_OPTIONS = " (marquee init FILE --user 1 --movie 2 --rating 3 --timestamp 4)"
_EARLIEST = 100_000_000
"""Seconds since 1970, in 1973: a number below is no time."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What divides the fields of a text, and the names of its columns, or their numbers from 1.

    ``has_names`` says whether the first line is those names.
    """

    delimiter: str
    columns: tuple[str, ...]
    has_names: bool

    @property
    def format(self) -> str:
        """The format's name, for people."""
        return _NAMES.get(self.delimiter, f"text divided by {self.delimiter!r}")


@dataclass(frozen=True, slots=True)
class _Guess:
    delimiter: str
    rows: list[list[str]]
    known: int
    """How many columns of the first row are recognised, by name or by the MovieLens shape."""


def find_shape(lines: Sequence[str], kind: Kind, given: Given, path: object) -> Shape:
    """Say how lines of text are a table.

    The first line names the columns where it holds a usual name or one that is given, or no number
    at all. Without such a line, columns are given by number, or are the four of MovieLens; else it
    is a :class:`DataError`.
    """
    found = [guess for d in _candidates(lines) if (guess := _divided(lines, d, kind, given))]
    if not found:
        raise DataError(
            f"{path}: expected a table of {kind.what}, its columns divided by , ; | :: or tab, "
            f"found {lines[0][:80]!r}"
        )
    best = max(found, key=lambda guess: guess.known)
    rows = best.rows
    if _names_columns(rows, kind, given):
        return Shape(best.delimiter, tuple(name.strip() for name in rows[0]), True)
    if any(isinstance(column, int) for column in given.values()):
        return Shape(best.delimiter, tuple(str(i + 1) for i in range(len(rows[0]))), False)
    if kind is RATINGS and is_movielens(rows):
        return Shape(best.delimiter, _MOVIELENS, False)
    raise DataError(
        f"{path}: the first line names no columns ({lines[0][:80]!r}): where the file has no "
        f"header, set {kind.key}.{kind.required[0]} and the others to the numbers of their "
        f"columns, from 1{_OPTIONS if kind is RATINGS else ''}"
    )


def is_movielens(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether rows are four numbers: user, movie, rating, seconds since 1970."""
    return all(
        len(row) == 4
        and all(map(_is_number, row))
        and 0 <= _number(row[2]) < 100
        and _number(row[3]) >= _EARLIEST
        for row in rows
    )


def _candidates(lines: Sequence[str]) -> list[str]:
    others = {mark for mark in lines[0] if not mark.isalnum() and mark not in _NEVER}
    return [*_DELIMITERS, *sorted(others.difference(_DELIMITERS))]


def _divided(lines: Sequence[str], delimiter: str, kind: Kind, given: Given) -> _Guess | None:
    """Divide lines; None where most have not as many fields as the first, or that has one."""
    ways = [
        _records(lines, delimiter),
        [row for line in lines for row in _records([line], delimiter)],
    ]
    for rows in ways if any('"' in line for line in lines) else ways[:1]:
        same = [row for row in rows if len(row) == len(rows[0])]
        if rows and len(rows[0]) > 1 and 2 * len(same) > len(rows):
            return _Guess(delimiter, same, _known(same, kind, given))
    return None


def _records(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    """Divide lines into records; a quoted field may reach over several."""
    if len(delimiter) > 1:
        return [line.split(delimiter) for line in lines]
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a quote left open may take in more than a field can hold
        rows.extend(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter))
    return rows


def _known(rows: Sequence[Sequence[str]], kind: Kind, given: Given) -> int:
    if kind is RATINGS and is_movielens(rows):
        return 4
    numbers = [column for column in given.values() if isinstance(column, int)]
    by_number = sum(column <= len(rows[0]) for column in numbers)
    return by_number + sum(_is_name(name.strip(), kind, given) for name in rows[0])


def _names_columns(rows: Sequence[Sequence[str]], kind: Kind, given: Given) -> bool:
    first, rest = rows[0], rows[1:]
    if any(_is_name(cell.strip(), kind, given) for cell in first):
        return True
    if any(map(_is_number, first)):
        return False
    by_number = any(isinstance(column, int) for column in given.values())
    return not by_number or any(_is_number(cell) for row in rest for cell in row)


def _is_name(cell: str, kind: Kind, given: Given) -> bool:
    return cell in given.values() or kind.role(cell) is not None


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _number(text: str) -> float:
    return float(text.replace(",", "."))
