"""Watches and ratings of a batch, a row a key."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.tables.columns import movie_column, timestamps
from marquee.tables.scan import RATING, WATCH
from marquee.telemetry.decode import Decoded

SLOT = timedelta(minutes=30)
"""Minutes watched in one slot are one row."""
_SLOT_US = SLOT // timedelta(microseconds=1)
_KINDS = pa.array(["watch", "rating"])


@dataclass(frozen=True, slots=True)
class Interactions:
    """Rows of ``telemetry.interaction``, an entry a row; ``movie`` is a place in ``movie_ids``.

    ``slot_at`` and ``at`` are microseconds since 1970; ``partition`` is that of the line.
    """

    movie_ids: list[str]
    partition: NDArray[np.int32]
    user_id: NDArray[np.int64]
    movie: NDArray[np.int32]
    is_rating: NDArray[np.bool_]
    slot_at: NDArray[np.int64]
    at: NDArray[np.int64]
    value: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: NDArray[Any]) -> Self:
        """Return the rows at some places, or where a mask is true."""
        columns = [field.name for field in fields(self) if field.name != "movie_ids"]
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})

    def as_table(self) -> pa.Table:
        """Return the rows as the database stages them."""
        return pa.table(
            {
                "partition": self.partition,
                "user_id": self.user_id,
                "movie_id": movie_column(self.movie, self.movie_ids),
                "kind": pa.DictionaryArray.from_arrays(self.is_rating.astype(np.int8), _KINDS),
                "slot_at": timestamps(self.slot_at),
                "at": timestamps(self.at),
                "value": self.value,
            }
        )


def collapse(decoded: Decoded) -> Interactions:
    """Return the smallest (at, value) of the minutes of a slot, and of ratings of one instant."""
    lines = decoded.lines
    rows = np.flatnonzero((lines.kind == WATCH) | (lines.kind == RATING))
    at, value = lines.at[rows], lines.value[rows]
    is_rating = lines.kind[rows] == RATING
    every = Interactions(
        movie_ids=lines.movie_ids,
        partition=decoded.partition[rows],
        user_id=lines.user_id[rows],
        movie=lines.movie[rows],
        is_rating=is_rating,
        slot_at=np.where(is_rating, at, at // _SLOT_US * _SLOT_US),
        at=at,
        value=np.where(is_rating, value / 100, value).astype(np.float32),
    )
    key = every.user_id, every.movie, every.is_rating, every.slot_at
    places = np.lexsort((every.value, at, *reversed(key)))
    first = np.zeros(len(places), dtype=np.bool_)
    first[:1] = True
    for column in key:
        ordered = column[places]
        first[1:] |= ordered[1:] != ordered[:-1]
    return every.take(places[first])
