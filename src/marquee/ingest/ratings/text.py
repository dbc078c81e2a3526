"""Tables as delimited text: with a header or not, quoted or not, plain or gzip."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow

from marquee.events import Fault
from marquee.ingest.inputs import InputFile
from marquee.ingest.metadata import Rejected
from marquee.ingest.ratings.columns import Chosen
from marquee.ingest.ratings.shape import Shape
from marquee.ingest.ratings.table import Batch

_BOM = b"\xef\xbb\xbf"
_ONE_BYTE = "\x1f"
"""Stands for a delimiter of several bytes, as Arrow divides at one byte only."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""What a byte that is not UTF-8 was decoded to."""
_LONGEST_QUOTE = 16 * 2**20
_MOST_LINES = 1000
"""Of a record with newlines in quotes; one that goes on is a quote left open."""
_TEXT = pa.string()
_REPEATED = pa.dictionary(pa.int32(), pa.string())


class TextTable:
    """Delimited text. Arrow reads it; blocks that Arrow cannot read go row by row."""

    def __init__(self, file: InputFile, shape: Shape) -> None:
        self.name = file.name
        self.format = shape.format
        self.columns = shape.columns
        self.has_names = shape.has_names
        self._file = file
        delimiter = shape.delimiter
        self._replaced = delimiter.encode() if len(delimiter.encode()) > 1 else None
        self._delimiter = _ONE_BYTE if self._replaced else delimiter

    def describe(self) -> dict[str, Any]:
        """Name the file by its bytes and SHA-256 as given; valid once it was read to its end."""
        return self._file.describe()

    def batches(self, chosen: Chosen) -> Iterator[Batch]:
        """Read the rows below the header; one of fewer or more fields is rejected, unless blank."""
        number = 1
        for block in _whole_records(self._file.blocks()):
            text = block
            if number == 1:
                text = block.removeprefix(_BOM)
                skipped = len(text) - len(_below_header(text)) if self.has_names else 0
                number += text.count(b"\n", 0, skipped)
                text = text[skipped:]
            if text:
                yield self._fast(text, number, chosen) or self._slow(text, number, chosen)
            number += text.count(b"\n")

    def _fast(self, block: bytes, number: int, chosen: Chosen) -> Batch | None:
        """Read a block in which each line is a row, or return None."""
        if _has_blank(block) or block.count(b'"') % 2:
            return None
        try:
            table, invalid = self._arrow(block, chosen)
        except pa.ArrowInvalid:
            return None
        rows = block.count(b"\n")
        if table.num_rows + len(invalid) != rows:
            return None
        lines = np.delete(np.arange(number, number + rows), np.array(invalid, np.int64) - 1)
        text_of = _lazy_lines(block)
        return Batch(
            {role: _one_chunk(table[str(i)]) for role, i in chosen.items()},
            lines,
            lambda row: text_of(int(lines[row]) - number),
            [self._rejected(number + row - 1, text_of(row - 1), Fault.FIELDS) for row in invalid],
        )

    def _arrow(self, block: bytes, chosen: Chosen) -> tuple[pa.Table, list[int]]:
        """Read a block; the numbers are those, from 1, of rows of fewer or more fields."""
        invalid: list[int] = []

        def skip(row: arrow.InvalidRow) -> str:
            invalid.append(row.number)
            return "skip"

        block = self._one_byte(block)
        types = {str(i): _TEXT if role == "timestamp" else _REPEATED for role, i in chosen.items()}
        table = arrow.read_csv(
            pa.BufferReader(block),
            arrow.ReadOptions(
                column_names=[str(i) for i in range(len(self.columns))],
                use_threads=False,  # else rows have no numbers
                block_size=len(block) + 1,
            ),
            arrow.ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=True,
                # Arrow decodes a row for its handler, and prints a traceback where it cannot.
                invalid_row_handler=skip if _is_utf8(block) else None,
            ),
            arrow.ConvertOptions(include_columns=list(types), column_types=types, null_values=[]),
        )
        return table, invalid

    def _slow(self, block: bytes, number: int, chosen: Chosen) -> Batch:
        """Read row by row; what is no row, alone, is rejected."""
        lines, fields, starts = block[:-1].split(b"\n"), [], []
        rejected, i = [], 0
        while i < len(lines):
            record, taken = self._record(lines, i, chosen)
            if isinstance(record, Fault):
                rejected.append(self._rejected(number + i, _shown(lines[i]), record))
            elif record:
                fields.append(record)
                starts.append(i)
            i += taken
        columns = {
            role: pa.array([record[column] for record in fields], _TEXT)
            for role, column in chosen.items()
        }
        return Batch(
            columns,
            np.array(starts, np.int64) + number,
            lambda row: _shown(lines[starts[row]]),
            rejected,
        )

    def _record(
        self, lines: Sequence[bytes], first: int, chosen: Chosen
    ) -> tuple[list[str] | Fault, int]:
        """Return the fields of the record that begins at a line, and how many lines it takes."""
        taken: list[str] = []

        def following() -> Iterator[str]:
            for i in range(first, min(first + _MOST_LINES, len(lines))):
                text = self._one_byte(lines[i]).decode(errors="surrogateescape")
                taken.append(text.removesuffix("\r"))
                yield taken[-1] + "\n"

        try:
            reader = csv.reader(following(), delimiter=self._delimiter, strict=True)
            fields = next(reader)
        except csv.Error:
            return Fault.FIELDS, 1
        if len(fields) != len(self.columns):
            return (Fault.FIELDS if lines[first].strip() else []), 1
        if any(map(_SURROGATE.search, (fields[column] for column in chosen.values()))):
            return Fault.NOT_UTF8, 1
        # A quote left open takes in whole rows: what is asked for is then no text of one line.
        if len(taken) > 1 and any("\n" in fields[column] for column in chosen.values()):
            return Fault.FIELDS, 1
        return fields, len(taken)

    def _one_byte(self, text: bytes) -> bytes:
        return text.replace(self._replaced, _ONE_BYTE.encode()) if self._replaced else text

    def _rejected(self, number: int, text: str, fault: Fault) -> Rejected:
        return Rejected(self.name, number, str(fault), text)


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _has_blank(block: bytes) -> bool:
    return block.startswith((b"\n", b"\r\n")) or b"\n\n" in block or b"\n\r\n" in block


def _below_header(text: bytes) -> bytes:
    """Return what follows the first line that is not blank."""
    while text and not (parts := text.partition(b"\n"))[0].strip():
        text = parts[2]
    return text.partition(b"\n")[2]


def _whole_records(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Put blocks together until no quote is open at the end, as far as that can be told."""
    carried: list[bytes] = []
    quotes = size = 0
    for block in blocks:
        carried.append(block)
        quotes += block.count(b'"')
        size += len(block)
        if quotes % 2 == 0 or size > _LONGEST_QUOTE:
            yield b"".join(carried)
            carried, quotes, size = [], 0, 0
    if carried:
        yield b"".join(carried)


def _lazy_lines(block: bytes) -> Callable[[int], str]:
    """Return a function that gives a line by its position, and cuts the block at first use."""
    lines: list[bytes] = []

    def line(i: int) -> str:
        if not lines:
            lines.extend(block[:-1].split(b"\n"))
        return _shown(lines[i])

    return line


def _shown(line: bytes) -> str:
    return line.decode(errors="backslashreplace").rstrip("\r")


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
