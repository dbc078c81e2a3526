"""Events as columns: what many lines say, one array a field."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TIMESTAMP = pa.timestamp("us", tz="UTC")
ID = pa.dictionary(pa.int32(), pa.string())
"""Of movies, and of users where their ids are no whole numbers."""

SERVED = {
    "request_id": pa.string(),
    "variant": pa.string(),
    "model_version": pa.string(),
    "personalised": pa.bool_(),
}
"""What a log may say of an answer; null where it does not."""

RECOMMENDATIONS = pa.schema(
    {
        "at": TIMESTAMP,
        "user_id": pa.int64(),
        "server": pa.string(),
        "status": pa.int32(),
        "movie_ids": pa.list_(pa.string()),
        "error": pa.string(),
        "latency_ms": pa.int32(),
        **SERVED,
    }
)

QUARANTINE = pa.schema(
    {"part": pa.string(), "offset": pa.int64(), "reason": pa.string(), "line": pa.binary()}
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Events of one kind, an entry an event, in the order of the log unless said otherwise.

    ``at`` microseconds since 1970, UTC. ``movie`` a position in a list of movie ids. ``value`` the
    minute of a watch, or the rating in hundredths of a star, exactly.
    """

    user_id: NDArray[np.int64]
    movie: NDArray[np.int32]
    at: NDArray[np.int64]
    value: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: NDArray[Any]) -> Self:
        """Return the rows at some positions, or where a mask is true."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def concatenate(cls, tables: Sequence["Rows"]) -> Self:
        """Return the rows of at least one table after another."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(rows, name) for rows in tables]) for name in names))


@dataclass(frozen=True, slots=True)
class Events:
    """What ``lines`` lines say; of accounts, ``movie`` and ``value`` mean nothing."""

    lines: int
    movie_ids: list[str]
    watches: Rows
    ratings: Rows
    accounts: Rows
    recommendations: pa.Table
    quarantine: pa.Table


def concatenate(parts: Sequence[Events]) -> Events:
    """Return the events of at least one piece after another, with one sorted list of movie ids."""
    movie_ids = sorted({movie_id for part in parts for movie_id in part.movie_ids})
    place = {movie_id: position for position, movie_id in enumerate(movie_ids)}
    places = [np.array([place[m] for m in part.movie_ids], dtype=np.int32) for part in parts]

    def rows(kind: str) -> Rows:
        return Rows.concatenate(
            [_renumber(getattr(part, kind), to) for part, to in zip(parts, places, strict=True)]
        )

    return Events(
        lines=sum(part.lines for part in parts),
        movie_ids=movie_ids,
        watches=rows("watches"),
        ratings=rows("ratings"),
        accounts=Rows.concatenate([part.accounts for part in parts]),
        recommendations=pa.concat_tables([part.recommendations for part in parts]),
        quarantine=pa.concat_tables([part.quarantine for part in parts]),
    )


def _renumber(rows: Rows, movie: NDArray[np.int32]) -> Rows:
    return Rows(rows.user_id, movie[rows.movie], rows.at, rows.value)


def timestamps(at: NDArray[np.int64]) -> pa.Array:
    """Return microseconds since 1970 as an Arrow column of UTC timestamps."""
    return pa.array(at).cast(TIMESTAMP)


def movie_column(movie: NDArray[np.int32], movie_ids: Sequence[str]) -> pa.Array:
    """Return positions in a list of movie ids as a dictionary-encoded Arrow column."""
    return pa.DictionaryArray.from_arrays(pa.array(movie), pa.array(movie_ids, pa.string()))
