"""Metadata files as rows: JSON lines or CSV, with the faults that real ones have."""

import csv
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from marquee.errors import DataError
from marquee.events import MOVIE_ID
from marquee.ingest.inputs import InputFile
from marquee.ingest.metadata import Rejected, Row, UnreadableRow, encode, movie, user
from marquee.tables.metadata import WHOLE

_KEYS = ("user_id", "movie_id", "id")


@dataclass(frozen=True, slots=True)
class _Read:
    """A row as it stood in the file; ``extra`` are the fields beyond the header's."""

    line_number: int
    text: str
    fields: Row | None
    fault: str = ""
    extra: tuple[str, ...] = ()


def read_users(file: InputFile) -> Iterator[bytes | Rejected]:
    """Read user metadata as JSON lines; a row that is no user comes out as rejected.

    A row wider than the header (a column added half-way) is kept, its surplus under ``extra``,
    as long as its gender is one that rows of the right width have: else the columns have shifted.
    """
    genders: set[str | None] = set()

    def convert(read: _Read, row: Row) -> dict[str, Any]:
        converted = user(row)
        if not read.extra:
            genders.add(converted["gender"])
        elif converted["gender"] not in genders:
            raise UnreadableRow("more fields than columns")
        return converted

    return _converted(file.name, _rows(file), convert)


def read_movies(file: InputFile) -> Iterator[bytes | Rejected]:
    """Read movie metadata as JSON lines; a row that is no movie comes out as rejected."""
    return _converted(file.name, _rows(file), lambda _, row: movie(row))


def convert_rows(
    name: str, rows: Iterable[Row], convert: Callable[[Row], Row]
) -> Iterator[bytes | Rejected]:
    """Bring rows that come from no file into one shape; ``name`` says whose they are."""
    reads = (_Read(number, json.dumps(row), row) for number, row in enumerate(rows, 1))
    return _converted(name, reads, lambda _, row: convert(row))


def _converted(
    name: str, reads: Iterable[_Read], convert: Callable[[_Read, Row], Row]
) -> Iterator[bytes | Rejected]:
    for read in reads:
        try:
            if read.fields is None:
                raise UnreadableRow(read.fault)
            extra = {"extra": list(read.extra)} if read.extra else {}
            yield encode({**convert(read, read.fields), **extra})
        except UnreadableRow as error:
            text = read.text.encode(errors="surrogateescape").decode(errors="backslashreplace")
            yield Rejected(name, read.line_number, str(error), text.rstrip("\r\n"))


def _rows(file: InputFile) -> Iterator[_Read]:
    lines = (line.decode(errors="surrogateescape") for line in file.lines())
    first = next(lines)
    if first.lstrip().startswith("{"):
        return _json_rows(chain([first], lines))
    return _csv_rows(chain([first], lines), file.path)


def _json_rows(lines: Iterable[str]) -> Iterator[_Read]:
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            value = json.loads(line, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            yield _Read(number, line, None, "not JSON")
            continue
        if isinstance(value, dict):
            yield _Read(number, line, value)
        else:
            yield _Read(number, line, None, "not a JSON object")


def _csv_rows(lines: Iterable[str], path: Path) -> Iterator[_Read]:
    records = _csv_records(lines)
    _, text, header = next(records)
    if isinstance(header, csv.Error) or not {*_KEYS} & {*header}:
        raise DataError(
            f"{path}: expected JSON lines, or CSV whose first line names its columns"
            f" (user_id or id among them), found {text[:80]!r}"
        )
    for number, text, fields in records:
        if isinstance(fields, csv.Error):
            yield _Read(number, text, None, str(fields))
        elif 0 < len(fields) < len(header):
            yield _Read(number, text, None, f"{len(fields)} fields, expected {len(header)}")
        elif fields:
            row = dict(zip(header, fields, strict=False))
            yield _Read(number, text, row, extra=tuple(fields[len(header) :]))


def _csv_records(lines: Iterable[str]) -> Iterator[tuple[int, str, list[str] | csv.Error]]:
    """Give the header and each record the number of its first line and its text.

    A record may span lines. Where one cannot be read, or a quote left open took in other rows, its
    first line alone is at fault and reading goes on from the second.
    """
    waiting: deque[str] = deque()
    source, header, number = iter(lines), None, 1
    while True:
        taken: list[str] = []
        try:
            fields = next(csv.reader(_recorded(waiting, source, taken), strict=True))
            if header is None:
                fields = header = _header(fields, len(taken))
            elif len(taken) > 1:
                _expect_one_row(taken, fields, header)
        except StopIteration:
            return
        except csv.Error as error:
            waiting.extendleft(reversed(taken[1:]))
            yield number, taken[0], error
            number += 1
        else:
            yield number, "".join(taken), fields
            number += len(taken)


def _recorded(waiting: deque[str], source: Iterator[str], taken: list[str]) -> Iterator[str]:
    while (line := waiting.popleft() if waiting else next(source, None)) is not None:
        taken.append(line)
        yield line


def _header(fields: list[str], lines: int) -> list[str]:
    if lines > 1:
        raise csv.Error("a header of several lines")
    return [name.strip() for name in fields]


def _expect_one_row(lines: Sequence[str], fields: Sequence[str], header: Sequence[str]) -> None:
    """Raise :class:`csv.Error` where a quoted field took in rows, and not just a text's lines.

    Rows bring all their commas into the field, and each begins with an id where rows have theirs.
    """
    missing, extra = len(header) - 1, len(fields) - len(header)
    full = any(
        "\n" in field and field.count(",") >= field.count("\n") * missing - extra
        for field in fields
    )
    if full and any(_has_key(line, header) for line in lines[1:]):
        raise csv.Error("a quote that is closed in another row")


def _has_key(line: str, header: Sequence[str]) -> bool:
    row = dict(zip(header, next(csv.reader([line]), []), strict=False))
    found = [row[key].strip() for key in _KEYS if key in row]
    return any(WHOLE.fullmatch(key) or MOVIE_ID.fullmatch(key) for key in found)
