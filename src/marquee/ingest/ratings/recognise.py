"""Whether a file that was given as something else is a table of ratings."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from marquee.artifacts import files_below
from marquee.errors import DataError
from marquee.events import Fault, MalformedLine, parse_line
from marquee.ingest.inputs import InputFile
from marquee.ingest.ratings.columns import RATINGS, choose
from marquee.ingest.ratings.formats import open_table
from marquee.ingest.ratings.table import Table

_SAMPLE = 100
_NOTHING = dict.fromkeys(RATINGS.names)
_MAYBE = (".csv", ".tsv", ".txt", ".dat", ".data", ".parquet", ".jsonl", ".ndjson", ".gz")


def expect_no_table(path: Path) -> None:
    """Raise :class:`DataError` where a file that should be a log is a table of ratings.

    A log with a single event among its first lines is one, whatever else is in it.
    """
    if not is_log(path) and (table := find_table(path)):
        columns = ", ".join(table.columns[:6])
        raise DataError(
            f"{path}: a table of ratings ({table.format}; {columns}), and ingest.source = files"
            f" reads logs: `marquee init {shlex.quote(str(path))}` sets ingest.source = ratings"
        )


def is_log(path: Path) -> bool:
    """Say whether one of the first lines of a file is an event, or an event but for its values."""
    try:
        lines = InputFile(path).first_lines(_SAMPLE)
    except DataError:
        return False
    return any(map(_is_event, lines))


def _is_event(line: bytes) -> bool:
    try:
        parse_line(line)
    except MalformedLine as error:
        return error.fault in (Fault.MOVIE_ID, Fault.MINUTE, Fault.RATING, Fault.RESULT)
    return True


def find_table(path: Path) -> Table | None:
    """Open a file as a table of ratings; None where it is none."""
    try:
        table = open_table(path, path.name, RATINGS, _NOTHING)
        choose(table.columns, RATINGS, _NOTHING, path)
    except DataError:
        return None
    return table


def tables_below(folder: Path) -> Iterator[Path]:
    """Yield the tables of ratings below a folder, by path."""
    for path in files_below(folder):
        if path.suffix.lower() in _MAYBE and find_table(path):
            yield path
