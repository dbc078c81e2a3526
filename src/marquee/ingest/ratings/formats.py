"""The format of a file that holds a table, by its content."""

from pathlib import Path

from marquee.errors import DataError
from marquee.ingest.inputs import InputFile
from marquee.ingest.ratings.columns import Given, Kind
from marquee.ingest.ratings.jsonl import JsonTable
from marquee.ingest.ratings.parquet import ParquetTable
from marquee.ingest.ratings.shape import find_shape
from marquee.ingest.ratings.table import Table
from marquee.ingest.ratings.text import TextTable

_SAMPLE = 100
_PARQUET, _ZIP, _XLS = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def open_table(path: Path, name: str, kind: Kind, given: Given) -> Table:
    """Open a table: Parquet, JSON lines or delimited text, the latter two plain or gzip.

    ``name`` is how the file is called in reports. What is none of these is a :class:`DataError`.
    """
    file = InputFile(path, name)
    with path.open("rb") as opened:
        head = opened.read(4)
    if head == _PARQUET:
        return ParquetTable(path, name)
    if head == _ZIP:
        raise DataError(f"{path}: a zip (or a spreadsheet): unpack it, or save it as CSV")
    if head == _XLS:
        raise DataError(f"{path}: a spreadsheet: save its sheet as CSV")
    lines = file.first_lines(_SAMPLE)
    text = [line.decode("utf-8-sig", "replace").rstrip("\r") for line in lines]
    filled = [line for line in text if line.strip()]
    if not filled:
        raise DataError(f"{path}: {len(text)} blank lines, expected a table")
    if filled[0].lstrip().startswith("["):
        raise DataError(f"{path}: one JSON array, expected JSON lines: an object a line")
    if filled[0].lstrip().startswith("{"):
        return JsonTable(file, lines)
    return TextTable(file, find_shape(filled, kind, given, path))
