"""What users did, as arrays: the only thing that models learn from and are judged by."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from marquee.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float32]
UserId = int | str
UserIds = NDArray[np.int64] | NDArray[np.str_]
"""All whole numbers or all texts, as the source gave them."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """One row a (user, movie) pair, ordered by (user, movie).

    ``user_ids`` int64 or str [n_users] and ``movie_ids`` str [n_movies] are sorted and unique. Row
    i says that user ``user_ids[user_idx[i]]`` met movie ``movie_ids[movie_idx[i]]``:
    ``rating[i]`` in stars, NaN where there is none; ``minutes[i]`` watched, 0 where none were;
    ``at[i]`` the last such event in microseconds since 1970, UTC.
    """

    user_ids: UserIds
    movie_ids: NDArray[np.str_]
    user_idx: IntArray
    movie_idx: IntArray
    rating: FloatArray
    minutes: IntArray
    at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user_idx)


def read_interactions(paths: Iterable[Path]) -> Interactions:
    """Read split tables (``train.parquet`` …) as one; of a pair in several, the latest rating wins
    and minutes add up. :class:`DataError` where a table is missing or no table has rows.
    """
    import pyarrow as pa

    paths = list(paths)
    table = pa.concat_tables([_read(path) for path in paths])
    if len(table) == 0:
        raise DataError(f"{', '.join(map(str, paths))}: no rows, expected interactions")
    user_ids, user_idx = _users(table["user_id"])
    movie_ids, movie_idx = _texts(table["movie_id"])
    return merge_pairs(
        Interactions(
            user_ids=user_ids,
            movie_ids=movie_ids,
            user_idx=user_idx,
            movie_idx=movie_idx,
            rating=table["rating"].fill_null(np.nan).to_numpy(),
            minutes=table["minutes"].to_numpy(),
            at=table["at"].cast(pa.int64()).to_numpy(),
        )
    )


def read_ids(column: "pa.ChunkedArray") -> UserIds:
    """Read a column of user ids in its order: whole numbers, or texts, encoded or not."""
    import pyarrow as pa

    if pa.types.is_integer(column.type):
        return np.asarray(column)
    return np.array(column.cast(pa.string()).to_pylist(), np.str_)


def _read(path: Path) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, columns=["user_id", "movie_id", "at", "rating", "minutes"])
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, expected a table of interactions") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: expected a table of interactions, found {error}") from None


def _users(column: "pa.ChunkedArray") -> tuple[UserIds, IntArray]:
    import pyarrow as pa

    if not pa.types.is_integer(column.type):
        return _texts(column)
    user_ids, user_idx = np.unique(column.to_numpy(), return_inverse=True)
    return user_ids, user_idx.astype(np.int32)


def _texts(column: "pa.ChunkedArray") -> tuple[NDArray[np.str_], IntArray]:
    """Return the sorted ids that occur and each row's position among them."""
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    indices = encoded.indices.to_numpy()
    occurring = np.flatnonzero(np.bincount(indices))
    ids = np.array(encoded.dictionary.take(occurring).to_pylist())
    order = np.argsort(ids)
    position = np.empty(len(encoded.dictionary), dtype=np.int32)
    position[occurring[order]] = np.arange(len(occurring))
    return ids[order], position[indices]


def merge_pairs(rows: Interactions) -> Interactions:
    """Order rows by user, movie and time, and make those of a pair one, as above; at least one."""
    from marquee.tables.kernels import order_by

    order = order_by(rows.user_idx, rows.movie_idx, rows.at)
    user_idx, movie_idx = rows.user_idx[order], rows.movie_idx[order]
    rating, minutes, at = rows.rating[order], rows.minutes[order], rows.at[order]
    changed = (user_idx[1:] != user_idx[:-1]) | (movie_idx[1:] != movie_idx[:-1])
    starts = np.append(0, np.flatnonzero(changed) + 1)
    rated = np.where(np.isnan(rating), -1, np.arange(len(rating)))
    last_rated = np.maximum.reduceat(rated, starts)
    return replace(
        rows,
        user_idx=user_idx[starts],
        movie_idx=movie_idx[starts],
        rating=np.where(last_rated < 0, np.float32(np.nan), rating[last_rated]),
        minutes=np.add.reduceat(minutes, starts, dtype=np.int32),
        at=np.maximum.reduceat(at, starts),
    )
