"""Arrow tables into the database by COPY."""

from io import BytesIO

import pyarrow as pa
from pyarrow import csv

from marquee.telemetry.database import Cursor

_NO_HEADER = csv.WriteOptions(include_header=False)


def copy_rows(cursor: Cursor, into: str, rows: pa.Table) -> None:
    """Copy rows into the table of the name ``into``, column by column; none is nothing to do."""
    if rows.num_rows == 0:
        return
    buffer = BytesIO()
    csv.write_csv(rows, buffer, _NO_HEADER)
    buffer.seek(0)
    columns = ", ".join(rows.column_names)
    cursor.copy_expert(f"COPY {into} ({columns}) FROM STDIN (FORMAT csv)", buffer)
