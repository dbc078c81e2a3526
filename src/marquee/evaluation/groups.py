"""Groups of users: who they are, and how they behave."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from marquee.metrics.ratio import ratio
from marquee.models.fitted import column_positions, positions
from marquee.params import FairnessParams
from marquee.tables.interactions import IntArray, Interactions, UserIds

QUARTILES = ("1st quarter, least active", "2nd quarter", "3rd quarter", "4th quarter, most active")
MAINSTREAMINESS = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Grouping:
    """Users shared out by one attribute; ``member`` int32 [n_users] is -1 for unknown.

    ``crossed`` where it is two attributes at once.
    """

    attribute: str
    names: tuple[str, ...]
    member: IntArray
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Histories:
    """What each of some users met before the test, [n_users].

    ``length`` counts the movies; ``popularity`` is the mean share of users who met each of them
    (the user's average profile popularity, Abdollahpouri et al., RMSE at RecSys 2019).
    """

    length: NDArray[np.int64]
    popularity: NDArray[np.float64]


def read_histories(
    fitted: Interactions, user_ids: UserIds, popularity: NDArray[np.float64]
) -> Histories:
    """Sum up the histories of users; an unknown user has length 0 and popularity NaN."""
    n_users = len(fitted.user_ids)
    length = np.bincount(fitted.user_idx, minlength=n_users)
    summed = np.bincount(fitted.user_idx, popularity[fitted.movie_idx], minlength=n_users)
    place = positions(fitted.user_ids, user_ids)
    found = place >= 0
    return Histories(
        length=np.where(found, length[place], 0),
        popularity=np.where(found, ratio(summed, length)[place], np.nan),
    )


def group_users(
    users_table: Path,
    user_ids: UserIds,
    histories: Histories,
    params: FairnessParams,
) -> dict[str, Grouping]:
    """Share users out by every attribute there is, each by its name.

    Gender, age band and occupation are what the metadata says, unknown where it is silent.
    Activity is the quarter of history length, mainstreaminess the third of history popularity
    (Kowald et al., ECIR 2020); equal users are in the same group, so groups may differ in size.
    """
    metadata = _read_metadata(users_table, user_ids)
    activity = _by_rank(histories.length.astype(np.float64), len(QUARTILES))
    mainstreaminess = _by_rank(histories.popularity, len(MAINSTREAMINESS))
    return {
        "gender": _by_name("gender", metadata["gender"]),
        "age_band": _by_age(metadata["age"], params.age_bands),
        "occupation": _by_name("occupation", metadata["occupation"]),
        "activity": Grouping("activity", QUARTILES, activity),
        "mainstreaminess": Grouping("mainstreaminess", MAINSTREAMINESS, mainstreaminess),
    }


def intersect(a: Grouping, b: Grouping) -> Grouping:
    """Share users out by two attributes at once; unknown in either is unknown."""
    known = (a.member >= 0) & (b.member >= 0)
    return Grouping(
        attribute=f"{a.attribute} × {b.attribute}",
        names=tuple(f"{first} × {second}" for first in a.names for second in b.names),
        member=np.where(known, a.member * len(b.names) + b.member, -1).astype(np.int32),
        crossed=True,
    )


def _read_metadata(path: Path, user_ids: UserIds) -> Mapping[str, list[Any]]:
    table = pq.read_table(path, columns=["user_id", "gender", "age", "occupation"])
    place = column_positions(user_ids, table["user_id"])
    metadata: dict[str, list[Any]] = {}
    for name in ("gender", "age", "occupation"):
        metadata[name] = [None] * len(user_ids)
        for user, value in zip(place.tolist(), table[name].to_pylist(), strict=True):
            if user >= 0:
                metadata[name][user] = value
    return metadata


def _by_name(attribute: str, values: list[str | None]) -> Grouping:
    names = tuple(sorted({value for value in values if value}))
    order = {name: i for i, name in enumerate(names)}
    member = [order[value] if value else -1 for value in values]
    return Grouping(attribute, names, np.array(member, np.int32))


def _by_age(ages: list[int | None], bounds: tuple[int, ...]) -> Grouping:
    between = [f"{low}-{high - 1}" for low, high in pairwise(bounds)]
    names = (f"under {bounds[0]}", *between, f"{bounds[-1]} and over")
    known = np.array([-1 if age is None else age for age in ages], np.int64)
    member = np.where(known < 0, -1, np.searchsorted(bounds, known, side="right"))
    return Grouping("age_band", names, member.astype(np.int32))


def _by_rank(values: NDArray[np.float64], n_groups: int) -> IntArray:
    """Cut users into groups of about equal size, lowest first; NaN is unknown, -1."""
    known = ~np.isnan(values)
    member = np.full(len(values), -1, np.int32)
    if known.any():
        shares = np.arange(1, n_groups) / n_groups
        cuts = np.quantile(values[known], shares, method="inverted_cdf")
        member[known] = np.searchsorted(cuts, values[known], side="left")
    return member
