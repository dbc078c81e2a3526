"""What all models share: ids, popularity, what is left out of a list, saving and loading."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.errors import ModelError
from marquee.models.folder import read_arrays, read_config, write_folder
from marquee.models.kernels.lanes import padded
from marquee.models.kernels.ranking import LeftOut
from marquee.models.machine import expect_memory, in_chunks
from marquee.models.reasons import Reason
from marquee.models.weights import weigh_movies
from marquee.params import TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions, UserId, UserIds

if TYPE_CHECKING:
    from marquee.models.histories import Histories

_USERS_A_CHUNK = 256
_HEAD = {"fit_on", "seed", "params"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fitted(ABC):
    """The common part of a model; a field that is an array is a file of the saved folder.

    ``popularity`` [n_movies] float32 says how much each movie's fitted rows count
    (:mod:`marquee.models.weights`); it ranks what users without history get. ``weighed_by`` are the
    parameters that decided it.
    """

    name: ClassVar[str]
    fit_on: str
    seed: int
    params: Mapping[str, Any]
    user_ids: UserIds
    movie_ids: NDArray[np.str_]
    popularity: FloatArray
    weighed_by: Mapping[str, Any]

    def __post_init__(self) -> None:
        # Arrays from a memory map are read-only, a type of its own to numba: made the same here,
        # each kernel is compiled once.
        for name, array in self._arrays().items():
            frozen = np.ascontiguousarray(array).view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    def __repr__(self) -> str:
        # That of a dataclass would print every array.
        users, movies = len(self.user_ids), len(self.movie_ids)
        of = f"{users:,} users, {movies:,} movies, fitted on {self.fit_on}"
        return f"<{type(self).__name__}: {of}>"

    @property
    def histories(self) -> "Histories | None":
        """The fitted rows, where the model keeps them; see the Protocol."""
        return None

    @abstractmethod
    def _rank(self, users: IntArray, left_out: LeftOut, best: IntArray) -> None:
        """Fill ``best`` [len(users), n] for users at these positions, -1 for an unknown one."""

    def recommend(self, user_id: UserId, n: int, exclude: Collection[str] = ()) -> list[str]:
        """Return up to ``n`` movie ids, best first, none of ``exclude``; see the Protocol."""
        users = np.array([position(self.user_ids, user_id)], np.int32)
        movies = positions(self.movie_ids, np.array(list(exclude), np.str_))
        ends = np.array([0, len(movies)])
        best = np.empty((1, max(n, 0)), np.int32)
        self._rank(users, LeftOut(np.zeros(1, np.int32), ends, movies), best)
        return [str(self.movie_ids[movie]) for movie in best[0] if movie >= 0]

    def recommend_many(
        self, user_ids: UserIds, n: int, exclude: Interactions | None = None
    ) -> IntArray:
        """Return [len(user_ids), n] positions in ``movie_ids``, -1 at the end; see the Protocol."""
        users = positions(self.user_ids, user_ids)
        row, start, movies = self._left_out(user_ids, exclude)
        best = np.empty((len(users), n), np.int32)
        in_chunks(
            lambda part: self._rank(users[part], LeftOut(row[part], start, movies), best[part]),
            len(users),
            _USERS_A_CHUNK,
        )
        return best

    def knows(self, user_ids: UserIds) -> NDArray[np.bool_]:
        """Say whose list is their own; the others get the most popular movies."""
        return self._knows(positions(self.user_ids, user_ids))

    def score(self, user_ids: UserIds, movie_idx: IntArray) -> FloatArray:
        """Return the scores [n_users, k] of movies at positions [n_users, k]; see the Protocol."""
        users = positions(self.user_ids, user_ids)
        own = self._knows(users)
        scores = self.popularity[movie_idx].astype(np.float32)
        if own.any():
            scores[own] = self._score(users[own], movie_idx[own])
        scores[movie_idx < 0] = np.nan
        return scores

    def _knows(self, users: IntArray) -> NDArray[np.bool_]:
        return users >= 0

    def _score(self, users: IntArray, movies: IntArray) -> FloatArray:
        """Return what movies [n_users, k] are ranked by; only asked of users that it knows.

        At movie -1 it may return anything.
        """
        raise NotImplementedError

    def reasons(self, user_id: UserId, movie: int, histories: "Histories") -> list[Reason]:
        """Return what the score of the movie at a position is made of; see the Protocol."""
        user = position(self.user_ids, user_id)
        if self._knows(np.array([user], np.int32))[0]:
            return self._reasons(user, movie, histories)
        met = int(histories.users_by_movie[movie])
        return [Reason("popularity", float(self.popularity[movie]), users=met)]

    def _reasons(self, user: int, movie: int, histories: "Histories") -> list[Reason]:
        """Return the reasons of a user at this position; only asked of one that it knows."""
        raise NotImplementedError

    def _left_out(self, user_ids: UserIds, exclude: Interactions | None) -> LeftOut:
        if exclude is None:
            nobody = np.full(len(user_ids), -1, np.int32)
            return LeftOut(nobody, np.zeros(1, np.int64), np.empty(0, np.int32))
        return LeftOut(
            positions(exclude.user_ids, user_ids),
            row_starts(exclude.user_idx, len(exclude.user_ids)),
            positions(self.movie_ids, exclude.movie_ids)[exclude.movie_idx],
        )

    def save(self, folder: Path) -> None:
        """Write ``.npy`` arrays and canonical JSON."""
        arrays = self._arrays()
        constants = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in arrays and field.name not in _HEAD
        }
        head = {name: getattr(self, name) for name in sorted(_HEAD)}
        write_folder(folder, {"name": self.name, **head, "constants": constants}, arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote; :class:`ModelError` where it is not such a model."""
        config = read_config(folder)
        if config.get("name") != cls.name:
            raise ModelError(
                f"{folder}: found a model {config.get('name')!r}, expected {cls.name!r}"
            )
        try:
            head = {name: config[name] for name in _HEAD}
            return cls(**head, **(config["constants"] | read_arrays(folder, config)))
        except (KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{folder}: config.json is not that of a {cls.name}: {error}"
            ) from None

    def _arrays(self) -> dict[str, NDArray[Any]]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def common(name: str, interactions: Interactions, params: TrainParams) -> dict[str, Any]:
    """Return the fields of :class:`Fitted` for a model fitted on these interactions."""
    return {
        "fit_on": params.fit_on,
        "seed": params.seed,
        "params": getattr(params, name).model_dump(),
        "user_ids": interactions.user_ids,
        "movie_ids": interactions.movie_ids,
        "popularity": weigh_movies(interactions, params.popularity),
        "weighed_by": params.popularity.model_dump(include={"count", "half_life_days"}),
    }


def expect_room(name: str, rows: int, factors: int) -> None:
    """Raise :class:`ModelError` for more factors than the memory holds."""
    needed = rows * padded(factors) * np.dtype(np.float32).itemsize
    expect_memory(needed, f"{name}, {factors} factors of {rows} users and movies")


def row_starts(idx: IntArray, size: int) -> NDArray[np.int64]:
    """Return where the rows of each position begin in the rising ``idx``, and where all end."""
    return np.searchsorted(idx, np.arange(size + 1)).astype(np.int64)


def positions(ids: NDArray[Any], wanted: NDArray[Any]) -> IntArray:
    """Return where each wanted id stands in the sorted ``ids``, -1 where it does not.

    Texts are never found among whole numbers, nor the other way round.
    """
    if not len(ids) or ids.dtype.kind != wanted.dtype.kind:
        return np.full(len(wanted), -1, np.int32)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[at] == wanted, at, -1).astype(np.int32)


def position(ids: UserIds, wanted: UserId) -> int:
    """Return where one id stands in the sorted ``ids``, -1 where it does not, whatever its type.

    Numpy drops NUL characters at the end of a text; no id has any.
    """
    if isinstance(wanted, str) and "\0" in wanted:
        return -1
    return int(positions(ids, np.array([wanted]))[0])


def column_positions(ids: UserIds, column: pa.ChunkedArray) -> IntArray:
    """Return :func:`positions` of a column of a table: whole numbers or texts, encoded or not."""
    if pa.types.is_integer(column.type):
        return positions(ids, column.to_numpy())
    encoded = column.combine_chunks().cast(pa.dictionary(pa.int32(), pa.string()))
    found = positions(ids, np.array(encoded.dictionary.to_pylist(), np.str_))
    rows: IntArray = found[np.asarray(encoded.indices)]
    return rows
