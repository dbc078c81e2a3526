"""Metadata files as rows: JSON lines or CSV, with the faults that real ones have."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from marquee.errors import DataError
from marquee.ingest.inputs import InputFile
from marquee.ingest.metadata import Rejected, Row, UnreadableRow, encode, movie, user

_BOM = "\ufeff"


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
    first = next(lines).removeprefix(_BOM)
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
    _, text, first = next(records)
    header = [] if isinstance(first, csv.Error) else [name.strip() for name in first]
    if not {"user_id", "movie_id", "id"} & set(header):
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
    """Give each record the number of its first line and its text; a record may span lines."""
    taken: list[str] = []
    reader = csv.reader(_recorded(lines, taken))
    while True:
        taken.clear()
        number = reader.line_num + 1
        try:
            fields: list[str] | csv.Error = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fields = error
        yield number, "".join(taken), fields


def _recorded(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line
