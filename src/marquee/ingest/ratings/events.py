"""The rows of a table of ratings as lines of the event log."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.ingest.lines import event_lines, texts_of
from marquee.ingest.ratings.reader import Interactions

_NO_RATING = 10_000
_ENDINGS = [*(f"{hundredths / 100:g}\n" for hundredths in range(_NO_RATING)), "\n"]


def event_blocks(
    rows: Interactions, user_numbers: NDArray[np.int64], movie_numbers: NDArray[np.int64]
) -> Iterator[bytes]:
    """Write a rating, or for an interaction the first minute of a viewing, as a line each.

    The numbers are those of the users and movies of ``rows``. Without times all lines have one.
    """
    rated = [f"GET /rate/{number}+=" for number in movie_numbers.tolist()]
    watched = [f"GET /data/m/{number}+/0.mpg" for number in movie_numbers.tolist()]
    without = rows.rating < 0
    return event_lines(
        _timestamps(rows),
        pa.array(user_numbers[rows.user]),
        (pa.array(rated + watched), pa.array(np.where(without, len(rated), 0) + rows.movie)),
        texts_of(np.where(without, _NO_RATING, rows.rating).astype(np.int32), _ENDINGS),
    )


def _timestamps(rows: Interactions) -> pa.Array:
    """Return times in the coarsest unit that holds them."""
    if rows.at is None:
        return pa.repeat(pa.scalar(0, pa.timestamp("s")), len(rows.user))
    for unit, size in (("s", 1_000_000), ("ms", 1000)):
        if not (rows.at % size).any():
            return pa.array(rows.at // size, pa.timestamp(unit))
    return pa.array(rows.at, pa.timestamp("us"))
