"""Whom fairness is about: the warm test users, how they were served and what they were shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from marquee.errors import DataError
from marquee.evaluation.outputs import PER_USER, RECOMMENDATIONS
from marquee.models.fitted import column_positions
from marquee.tables.interactions import IntArray, Interactions, UserIds, read_ids, read_interactions

Columns = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Audience:
    """``columns`` float64 [n_users] are per-user metrics, NaN where they have no meaning.

    ``ranked`` int32 [n_users, cutoff] holds positions in the catalogue, best first, -1 where a
    list has ended; ``popularity`` [n_movies] is the share of fitted users who met a movie.
    """

    user_ids: UserIds
    columns: Columns
    cutoff: int
    ranked: IntArray
    fitted: Interactions
    popularity: NDArray[np.float64]


def open_audience(tables: Path, evaluation: Path, protocol: Mapping[str, Any]) -> Audience:
    """Read the warm users of an evaluation; ``protocol`` is that of its report.

    :class:`DataError` where a file is missing, there is no warm user, or the lists have movies
    that the tables do not.
    """
    cutoff = min(protocol["cutoffs"])
    fitted = read_interactions(
        [tables / f"{name}.parquet" for name in protocol["fit_on"].split("+")]
    )
    users = _read(evaluation / PER_USER)
    users = users.filter(users["warm"])
    if not len(users):
        raise DataError(f"{evaluation / PER_USER}: no user with a history, expected at least one")
    user_ids = read_ids(users["user_id"])
    counts = np.bincount(fitted.movie_idx, minlength=len(fitted.movie_ids))
    return Audience(
        user_ids=user_ids,
        columns={
            name: users[name].to_numpy()
            for name in users.column_names
            if name not in ("user_id", "warm", "relevant") and not name.startswith("popularity_")
        },
        cutoff=cutoff,
        ranked=_lists(evaluation / RECOMMENDATIONS, user_ids, fitted.movie_ids, cutoff),
        fitted=fitted,
        popularity=counts / len(fitted.user_ids),
    )


def _lists(path: Path, user_ids: UserIds, movie_ids: NDArray[np.str_], cutoff: int) -> IntArray:
    table = _read(path)
    table = table.filter(pa.compute.less_equal(table["rank"], cutoff))
    movie = column_positions(movie_ids, table["movie_id"])
    if (movie < 0).any():
        raise DataError(f"{path}: it has movies that are not in the tables; evaluate again")
    user = column_positions(user_ids, table["user_id"])
    ranked = np.full((len(user_ids), cutoff), -1, np.int32)
    kept = user >= 0
    ranked[user[kept], table["rank"].to_numpy()[kept] - 1] = movie[kept]
    return ranked


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, expected an output of evaluate") from None
    except pa.ArrowException as error:
        raise DataError(f"{path}: expected Parquet, found {str(error).splitlines()[0]}") from None
