"""Users like this one: what the most similar users liked, by cosine.

A user is the vector of its feedback (:mod:`marquee.models.feedback`); two users are as similar as
the cosine of their vectors, times c / (c + shrinkage) for c movies in common. The ``neighbours``
most similar vote for what they met, with similarity times strength. Beside them stand
``smoothing`` average users of similarity 1, who decide where the neighbours are few or silent. A
rating is predicted as the damped means of user and movie, plus the mean deviation from those of
the nearest who rated the movie, the average users deviating by 0 (Desrosiers and Karypis, "A
comprehensive survey of neighborhood-based recommendation methods", 2011, eq. 4.13).

Engine ``sparse`` compares users when it is asked, through the movies they share: memory grows with
the rows. Engine ``surprise`` takes the similarities of scikit-surprise's ``KNNBasic`` (the cosine
over common movies alone): users × users numbers, so only small data fit.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from marquee.models.feedback import strength
from marquee.models.fitted import Fitted, common, positions, row_starts
from marquee.models.histories import Histories
from marquee.models.kernels.neighbours import (
    Feedback,
    Settings,
    estimate_deviation,
    find_nearest,
    rank_votes,
    score_votes,
)
from marquee.models.kernels.ranking import LeftOut
from marquee.models.machine import expect_memory, in_chunks
from marquee.models.ratings import Means, damped_means, expect_ratings, lookup, rated
from marquee.models.reasons import Reason, of_movies
from marquee.params import TrainParams, UserKnnParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions, UserIds

_PAIRS_A_CHUNK = 8192
_SURPRISE_BYTES_A_PAIR = 44


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UserKnn(Fitted):
    """The fitted feedback, by user and by movie, as :class:`Feedback` describes it.

    ``mean``, ``lowest``, ``highest``, ``user_bias`` and ``movie_bias`` are in stars, and 0 where
    nothing was rated.
    """

    name: ClassVar[str] = "user_knn"
    mean: float
    lowest: float
    highest: float
    user_bias: FloatArray
    movie_bias: FloatArray
    prior: FloatArray
    user_start: NDArray[np.int64]
    movies: IntArray
    strength: FloatArray
    length: FloatArray
    movie_start: NDArray[np.int64]
    users: IntArray
    unit: FloatArray
    deviation: FloatArray
    similarity: FloatArray

    @classmethod
    def fit(cls, interactions: Interactions, params: TrainParams) -> Self:
        """Index the feedback both ways; the neighbours are found when they are asked for."""
        knn = params.user_knn
        liked = strength(interactions)
        means = damped_means(interactions, knn.damping)
        n_users, n_movies = len(interactions.user_ids), len(interactions.movie_ids)
        votes = np.bincount(interactions.movie_idx, liked, minlength=n_movies)
        stars = rated(interactions).stars
        return cls(
            **common(cls.name, interactions, params),
            mean=means.overall,
            lowest=float(stars.min()) if len(stars) else 0.0,
            highest=float(stars.max()) if len(stars) else 0.0,
            user_bias=means.user,
            movie_bias=means.movie,
            prior=(knn.smoothing * votes / n_users).astype(np.float32),
            **_by_user(interactions, liked),
            **_by_movie(interactions, liked, means),
            similarity=_similarity(interactions, knn),
        )

    @property
    def histories(self) -> Histories:
        """The rows that its users are compared by."""
        return Histories(self.user_ids, self.user_start, self.movies)

    def predict(self, user_ids: UserIds, movie_ids: NDArray[np.str_]) -> FloatArray | None:
        """Return expected stars, within those seen; None where nothing was rated.

        A user or movie without ratings counts as average.
        """
        if self.highest == 0:
            return None
        users = positions(self.user_ids, user_ids)
        movies = positions(self.movie_ids, movie_ids)
        stars = np.float32(self.mean) + lookup(self.user_bias, users)
        stars += lookup(self.movie_bias, movies)
        stars += self._deviations(users, movies)
        result: FloatArray = np.clip(stars, np.float32(self.lowest), np.float32(self.highest))
        return result

    def _deviations(self, users: IntArray, movies: IntArray) -> FloatArray:
        order = np.argsort(users, kind="stable")
        result = np.empty(len(users), np.float32)

        def estimate(part: slice) -> None:
            pairs = order[part]
            result[pairs] = estimate_deviation(
                users[pairs], movies[pairs], self._feedback, self._settings
            )

        in_chunks(estimate, len(users), _PAIRS_A_CHUNK)
        return result

    def _rank(self, users: IntArray, left_out: LeftOut, best: IntArray) -> None:
        rank_votes(users, self._feedback, self._settings, left_out, best)

    def _knows(self, users: IntArray) -> NDArray[np.bool_]:
        has_rows: NDArray[np.bool_] = self.user_start[users] < self.user_start[users + 1]
        return (users >= 0) & has_rows

    def _score(self, users: IntArray, movies: IntArray) -> FloatArray:
        scores: FloatArray = score_votes(users, movies, self._feedback, self._settings)
        return scores

    def _reasons(self, user: int, movie: int, histories: Histories) -> list[Reason]:
        nearest, similarity = find_nearest(user, self._feedback, self._settings)
        votes = similarity * self._strength_of(nearest, movie)
        shares = np.zeros(len(self.movie_ids))
        for voter in np.flatnonzero(votes):
            movies, common = self._in_common(user, int(nearest[voter]))
            shares[movies] += votes[voter] * common / common.sum()
        met = histories[self.user_ids[user]]
        average = float(self.prior[movie])
        return [
            Reason("neighbours", float(votes.sum()), users=int(np.count_nonzero(votes))),
            Reason("average", average),
            *of_movies("history", met, shares[met]),
        ]

    def _strength_of(self, users: IntArray, movie: int) -> FloatArray:
        """Return how much each of the users liked the movie, 0 where they did not meet it."""
        rows = slice(self.movie_start[movie], self.movie_start[movie + 1])
        at = positions(self.users[rows], users)
        return lookup(self.unit[rows], at) * self.length[users]

    def _in_common(self, user: int, other: int) -> tuple[IntArray, FloatArray]:
        """Return the movies that two users share, and what each adds to their cosine."""
        mine, theirs = (
            slice(self.user_start[one], self.user_start[one + 1]) for one in (user, other)
        )
        movies, left, right = np.intersect1d(
            self.movies[mine], self.movies[theirs], assume_unique=True, return_indices=True
        )
        product = self.strength[mine][left] * self.strength[theirs][right]
        return movies, product / (self.length[user] * self.length[other])

    @property
    def _feedback(self) -> Feedback:
        return Feedback(*(getattr(self, name) for name in Feedback._fields))

    @property
    def _settings(self) -> Settings:
        return Settings(
            min(self.params["neighbours"], len(self.user_ids)),
            np.float32(self.params["shrinkage"]),
            np.float32(self.params["smoothing"]),
        )


def _by_user(interactions: Interactions, liked: FloatArray) -> dict[str, Any]:
    return {
        "user_start": row_starts(interactions.user_idx, len(interactions.user_ids)),
        "movies": interactions.movie_idx,
        "strength": liked,
        "length": _lengths(interactions, liked),
    }


def _by_movie(interactions: Interactions, liked: FloatArray, means: Means) -> dict[str, Any]:
    order = np.argsort(interactions.movie_idx, kind="stable")
    users, movies = interactions.user_idx[order], interactions.movie_idx[order]
    expected = np.float32(means.overall) + means.user[users] + means.movie[movies]
    return {
        "movie_start": row_starts(movies, len(interactions.movie_ids)),
        "users": users,
        "unit": liked[order] / _lengths(interactions, liked)[users],
        "deviation": interactions.rating[order] - expected,
    }


def _lengths(interactions: Interactions, liked: FloatArray) -> FloatArray:
    """Return the Euclidean length of each user's vector, 1 for one without strength."""
    squares = np.bincount(
        interactions.user_idx, liked.astype(np.float64) ** 2, minlength=len(interactions.user_ids)
    )
    return np.where(squares > 0, np.sqrt(squares), 1).astype(np.float32)


def _similarity(interactions: Interactions, params: UserKnnParams) -> FloatArray:
    if params.engine == "sparse":
        return np.empty((0, 0), np.float32)
    from surprise import KNNBasic

    from marquee.models.trainset import to_trainset

    n_users = len(interactions.user_ids)
    expect_memory(n_users**2 * _SURPRISE_BYTES_A_PAIR, f"user_knn of surprise, {n_users} users")
    ratings = expect_ratings("user_knn of surprise", interactions)
    trainset = to_trainset(ratings, n_users, len(interactions.movie_ids))
    options = {"name": "cosine", "user_based": True}
    fitted = KNNBasic(k=params.neighbours, sim_options=options, verbose=False).fit(trainset)
    return np.asarray(fitted.sim, np.float32)
