"""The rows that have a rating, and what is expected of one: damped means of movies and users."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ModelError
from marquee.tables.interactions import FloatArray, IntArray, Interactions


class Ratings(NamedTuple):
    """One entry a rating: positions of its user and movie, and its stars."""

    users: IntArray
    movies: IntArray
    stars: FloatArray

    def at(self, rows: Any) -> Self:
        """Return some of the entries."""
        return self._replace(
            users=self.users[rows], movies=self.movies[rows], stars=self.stars[rows]
        )


def rated(interactions: Interactions) -> Ratings:
    """Return the rows with a rating, in order; there may be none."""
    every = Ratings(interactions.user_idx, interactions.movie_idx, interactions.rating)
    return every.at(~np.isnan(every.stars))


def expect_ratings(purpose: str, interactions: Interactions) -> Ratings:
    """Return the rows with a rating; :class:`ModelError` where there is none."""
    ratings = rated(interactions)
    if not len(ratings.stars):
        rows = len(interactions)
        raise ModelError(
            f"{purpose}: found {rows} rows without a rating, expected ratings; of train.model, "
            "popularity, als and user_knn (engine sparse) need none"
        )
    return ratings


def mean(stars: FloatArray) -> float:
    """Return the mean of ratings, 0 of none."""
    return float(stars.mean(dtype=np.float64)) if len(stars) else 0.0


@dataclass(frozen=True, slots=True)
class Means:
    """The mean of all ratings, and how far above it movies and users are, in stars.

    ``movie`` [n_movies] and ``user`` [n_users] are 0 where nothing was rated.
    """

    overall: float
    movie: FloatArray
    user: FloatArray


def damped_means(interactions: Interactions, damping: float) -> Means:
    """Average ratings by movie, and what that leaves by user, with ``damping`` pseudo-ratings of 0.

    The decoupled baseline of Koren, "Factor in the neighbors" (TKDD 2010), section 2.1. Without
    ratings all is 0.
    """
    ratings = rated(interactions)
    overall = mean(ratings.stars)
    above = ratings.stars.astype(np.float64) - overall
    n_users, n_movies = len(interactions.user_ids), len(interactions.movie_ids)
    movie = damped(ratings.movies, above, size=n_movies, damping=damping)
    above -= movie[ratings.movies]
    user = damped(ratings.users, above, size=n_users, damping=damping)
    return Means(overall, movie.astype(np.float32), user.astype(np.float32))


def damped(
    idx: IntArray, values: NDArray[np.float64], *, size: int, damping: float
) -> NDArray[np.float64]:
    """Return the mean of ``values`` at each position, with ``damping`` pseudo-values of 0.

    0 where there is neither a value nor damping.
    """
    weight = np.bincount(idx, minlength=size) + damping
    result = np.zeros(size)
    np.divide(np.bincount(idx, values, minlength=size), weight, out=result, where=weight > 0)
    return result


def lookup(values: FloatArray, at: IntArray) -> FloatArray:
    """Return ``values[at]``, and 0 where ``at`` is -1."""
    if not len(values):
        return np.zeros(len(at), np.float32)
    return np.where(at >= 0, values[at], np.float32(0))
