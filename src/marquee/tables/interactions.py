"""What users did, as arrays: the only thing that models learn from and are judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Interactions:
    """One row a (user, movie) pair, ordered by (user, movie).

    ``user_ids`` int64 [n_users] and ``movie_ids`` str [n_movies] are sorted and unique. Row i says
    that user ``user_ids[user_idx[i]]`` met movie ``movie_ids[movie_idx[i]]``: ``rating[i]`` in
    stars, NaN where there is none; ``minutes[i]`` watched, 0 where none were; ``at[i]`` the last
    such event in microseconds since 1970, UTC.
    """

    user_ids: NDArray[np.int64]
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
    and minutes add up. :class:`DataError` where a table is missing or empty.
    """
    raise NotImplementedError
