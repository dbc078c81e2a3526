"""Tables as JSON lines: an object a line, whose keys are the columns."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from marquee.events import Fault
from marquee.ingest.inputs import InputFile
from marquee.ingest.metadata import Rejected
from marquee.ingest.ratings.columns import Chosen
from marquee.ingest.ratings.table import Batch

_BOM = b"\xef\xbb\xbf"


class JsonTable:
    """JSON lines. Blank lines are passed over; numbers are their decimal text."""

    format = "JSON lines"
    has_names = True

    def __init__(self, file: InputFile, lines: Sequence[bytes]) -> None:
        self.name = file.name
        self._file = file
        rows = [row for line in lines if isinstance(row := _parsed(line), dict)]
        self.columns = tuple(dict.fromkeys(key for row in rows for key in row))

    def describe(self) -> dict[str, Any]:
        """Name the file by its bytes and SHA-256 as given; valid once it was read to its end."""
        return self._file.describe()

    def batches(self, chosen: Chosen) -> Iterator[Batch]:
        """Read the rows; a line that is no JSON object is rejected."""
        number = 1
        for block in self._file.blocks():
            lines = block[:-1].split(b"\n")
            yield self._batch(lines, number, chosen)
            number += len(lines)

    def _batch(self, lines: Sequence[bytes], number: int, chosen: Chosen) -> Batch:
        rows, places, rejected = [], [], []
        for i, line in enumerate(lines):
            row = _parsed(line)
            if isinstance(row, Fault):
                rejected.append(Rejected(self.name, number + i, str(row), _shown(line)))
            elif row is not None:
                rows.append(row)
                places.append(i)
        keys = {role: self.columns[i] for role, i in chosen.items()}
        return Batch(
            {role: pa.array([_text(row.get(key)) for row in rows]) for role, key in keys.items()},
            np.array(places, np.int64) + number,
            lambda row: _shown(lines[places[row]]),
            rejected,
        )


def _parsed(line: bytes) -> dict[str, Any] | Fault | None:
    """Return the object of a line, None for a blank one, or why it is none."""
    if not line.strip():
        return None
    try:
        row = json.loads(line.removeprefix(_BOM).decode())
    except UnicodeDecodeError:
        return Fault.NOT_UTF8
    except (ValueError, RecursionError):
        return Fault.FIELDS
    return row if isinstance(row, dict) else Fault.FIELDS


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _shown(line: bytes) -> str:
    return line.decode(errors="backslashreplace").rstrip("\r")
