"""A table in a file, whatever its format: its columns, and its rows in batches."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.ingest.metadata import Rejected
from marquee.ingest.ratings.columns import Chosen


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a table: the columns asked for, by what they are for, and where each row stands.

    ``line_numbers`` count from 1; ``row`` gives the text of a row by its position in the batch.
    ``rejected`` are the rows between them that are none.
    """

    columns: Mapping[str, pa.Array]
    line_numbers: NDArray[np.int64]
    row: Callable[[int], str]
    rejected: list[Rejected] = field(default_factory=list)


class Table(Protocol):
    """A file that holds a table. ``columns`` are numbers from 1 where they have no names."""

    name: str
    format: str
    columns: tuple[str, ...]
    has_names: bool

    def batches(self, chosen: Chosen) -> Iterator[Batch]:
        """Read the table from its start, in batches of the chosen columns."""
        ...

    def describe(self) -> dict[str, Any]:
        """Name the file by its bytes and SHA-256 as given; valid once it was read to its end."""
        ...
