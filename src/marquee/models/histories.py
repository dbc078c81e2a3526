"""What each user met before the fit: left out of lists, and named in explanations."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ModelError
from marquee.models.fitted import positions, row_starts
from marquee.models.folder import read_arrays, read_config, write_folder
from marquee.tables.interactions import IntArray, Interactions

_ARRAYS = ("user_ids", "user_start", "movies")


@dataclass(frozen=True, eq=False, repr=False)
class Histories:
    """The fitted rows by user, of users that the model may not know, too.

    User u (a position in the sorted ``user_ids``) met ``movies[user_start[u]:user_start[u + 1]]``,
    positions in the model's ``movie_ids``, rising.
    """

    user_ids: NDArray[Any]
    user_start: NDArray[np.int64]
    movies: IntArray

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Return the histories of the rows that a model was fitted on."""
        start = row_starts(interactions.user_idx, len(interactions.user_ids))
        return cls(interactions.user_ids, start, interactions.movie_idx)

    def __getitem__(self, user_id: int | str) -> IntArray:
        """Return the positions of a user's movies; none of an unknown user's."""
        (user,) = positions(self.user_ids, np.array([user_id]))
        return self._of(int(user))

    def _of(self, user: int) -> IntArray:
        if user < 0:
            return self.movies[:0]
        return self.movies[self.user_start[user] : self.user_start[user + 1]]

    @cached_property
    def users_by_movie(self) -> IntArray:
        """How many users met each movie [n_movies]: each movie of a model has been met."""
        return np.bincount(self.movies).astype(np.int32)

    def left_out(
        self,
        user_ids: NDArray[Any],
        movie_ids: NDArray[np.str_],
        others: NDArray[np.str_],
        *,
        history: bool,
    ) -> Interactions:
        """Return the rows of some users, as ``recommend_many`` takes what it leaves out.

        ``movie_ids`` is the model's catalogue. Left out are ``others``, for each user, and their
        own ``history``.
        """
        known = np.unique(user_ids)
        also = positions(movie_ids, others)
        also = also[also >= 0]
        users = positions(self.user_ids, known) if history else np.full(len(known), -1, np.int32)
        rows = [np.append(self._of(user), also) for user in users.tolist()]
        movie_idx = np.concatenate([np.empty(0, np.int32), *rows])
        return Interactions(
            user_ids=known,
            movie_ids=movie_ids,
            user_idx=np.repeat(np.arange(len(known), dtype=np.int32), [len(row) for row in rows]),
            movie_idx=movie_idx,
            rating=np.full(len(movie_idx), np.nan, np.float32),
            minutes=np.zeros(len(movie_idx), np.int32),
            at=np.zeros(len(movie_idx), np.int64),
        )

    def save(self, folder: Path) -> None:
        """Write ``.npy`` arrays and canonical JSON."""
        write_folder(folder, {}, {name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map what :meth:`save` wrote; :class:`ModelError` where it is missing or damaged."""
        try:
            arrays = read_arrays(folder, read_config(folder))
            return cls(**{name: arrays[name] for name in _ARRAYS})
        except (KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{folder}: config.json is not that of histories: {error}") from None
