"""Tables as Parquet."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from marquee.artifacts import sha256_file
from marquee.errors import DataError
from marquee.ingest.ratings.columns import Chosen
from marquee.ingest.ratings.table import Batch

_ROWS = 2**18


class ParquetTable:
    """A Parquet file, read column by column."""

    format = "Parquet"
    has_names = True

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._path = path
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path}: a damaged Parquet file ({_first_line(error)})") from None
        self.columns = tuple(self._file.schema_arrow.names)

    def describe(self) -> dict[str, Any]:
        """Name the file by its bytes and SHA-256 as given."""
        return {
            "name": self.name,
            "bytes": self._path.stat().st_size,
            "sha256": sha256_file(self._path),
        }

    def batches(self, chosen: Chosen) -> Iterator[Batch]:
        """Read the rows; their line numbers count rows."""
        names = {role: self.columns[i] for role, i in chosen.items()}
        number = 1
        try:
            for rows in self._file.iter_batches(_ROWS, columns=list(names.values())):
                lines = np.arange(number, number + len(rows))
                columns = {role: rows.column(name) for role, name in names.items()}
                yield Batch(columns, lines, partial(_row, rows))
                number += len(rows)
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{self._path}: a damaged Parquet file ({_first_line(error)})"
            ) from None


def _row(rows: pa.RecordBatch, row: int) -> str:
    one = rows.slice(row, 1)
    try:
        values = one.to_pylist()[0]
    except (OverflowError, ValueError):  # a time in a year that Python does not have
        values = {name: " ".join(one[name].to_string().split()) for name in one.schema.names}
    return json.dumps(values, default=str, ensure_ascii=False)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
