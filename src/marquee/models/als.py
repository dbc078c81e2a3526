"""Matrix factorisation of implicit feedback by alternating least squares (library ``implicit``).

Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets" (ICDM 2008): a
user prefers (1) what it met and does not prefer (0) the rest, and the preference for what it met
has the confidence 1 + alpha * r, where r is the strength of feedback, from ratings and minutes
watched alike (:mod:`marquee.models.feedback`). It ranks, it predicts no ratings.

The fit is single-threaded, so that its bytes do not depend on the number of threads. They do
depend on the BLAS that it calls: another CPU may choose other kernels, whose sums round otherwise.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from marquee.models.feedback import strength
from marquee.models.fitted import Fitted, common, expect_room, row_starts
from marquee.models.histories import Histories
from marquee.models.kernels.lanes import padded
from marquee.models.kernels.ranking import LeftOut, Scorer, rank_factors, score_factors
from marquee.models.reasons import Reason, of_movies
from marquee.params import TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions, UserIds


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Als(Fitted):
    """``user_factors`` [n_users, k] and ``movie_factors`` [k, n_movies], k padded with zeros.

    It keeps its rows, to tell what each adds to a score: ``user_start`` and ``movies`` as
    :class:`Histories` has them, and the ``strength`` [n_rows] of feedback.
    """

    name: ClassVar[str] = "als"
    user_factors: FloatArray
    movie_factors: FloatArray
    user_start: NDArray[np.int64]
    movies: IntArray
    strength: FloatArray

    @classmethod
    def fit(cls, interactions: Interactions, params: TrainParams) -> Self:
        """Fit on every row, rated or only watched."""
        from implicit.cpu.als import AlternatingLeastSquares

        als = params.als
        rows = len(interactions.user_ids) + len(interactions.movie_ids)
        expect_room(cls.name, rows, als.factors)
        # The library warns of threads of BLAS where it is made, not only where it is fitted.
        with threadpool_limits(1):
            fitted = AlternatingLeastSquares(
                factors=als.factors,
                regularization=als.regularisation,
                iterations=als.iterations,
                random_state=params.seed,
                num_threads=1,
            )
            liked = strength(interactions)
            fitted.fit(_confidence(interactions, liked, als.alpha), show_progress=False)
        return cls(
            **common(cls.name, interactions, params),
            user_factors=_pad(fitted.user_factors),
            movie_factors=_pad(fitted.item_factors).T,
            user_start=row_starts(interactions.user_idx, len(interactions.user_ids)),
            movies=interactions.movie_idx,
            strength=liked,
        )

    @property
    def histories(self) -> Histories:
        """The rows that it was fitted on."""
        return Histories(self.user_ids, self.user_start, self.movies)

    def predict(
        self,
        user_ids: UserIds,  # noqa: ARG002
        movie_ids: NDArray[np.str_],  # noqa: ARG002
    ) -> FloatArray | None:
        """Return None: a preference is no rating."""
        return None

    def _rank(self, users: IntArray, left_out: LeftOut, best: IntArray) -> None:
        rank_factors(users, self._scorer, left_out, best)

    def _score(self, users: IntArray, movies: IntArray) -> FloatArray:
        scores: FloatArray = score_factors(users, movies, self._scorer)
        return scores

    def _reasons(self, user: int, movie: int, histories: Histories) -> list[Reason]:
        score = self._score(np.array([user], np.int32), np.array([[movie]], np.int32))
        met = histories[self.user_ids[user]]
        added = self._shares(user, movie)
        rest = Reason("rest", float(score[0, 0]) - float(added.sum()))
        return [*of_movies("history", met, added), rest]

    def _shares(self, user: int, movie: int) -> NDArray[np.float64]:
        """Return what each movie of the user adds to the score: section 5 of the paper.

        With W the inverse of Y'CY + regularisation, movie j adds y_i' W y_j c_j. They add up to the
        score of factors that solve the user's equations; those of the fit come close.
        """
        rows = slice(self.user_start[user], self.user_start[user + 1])
        every = self.movie_factors[: self.params["factors"]].astype(np.float64)
        met = every[:, self.movies[rows]]
        confidence = 1 + self.params["alpha"] * self.strength[rows].astype(np.float64)
        gram = every @ every.T + (met * (confidence - 1)) @ met.T
        gram += self.params["regularisation"] * np.eye(len(gram))
        weights = np.linalg.pinv(gram, hermitian=True) @ every[:, movie]
        shares: NDArray[np.float64] = confidence * (weights @ met)
        return shares

    @property
    def _scorer(self) -> Scorer:
        no_bias = np.zeros(len(self.movie_ids), np.float32)
        return Scorer(self.user_factors, self.movie_factors, no_bias, self.popularity)


def _confidence(interactions: Interactions, liked: FloatArray, alpha: float) -> csr_matrix:
    shape = len(interactions.user_ids), len(interactions.movie_ids)
    starts = row_starts(interactions.user_idx, shape[0])
    values = 1 + np.float32(alpha) * liked
    return csr_matrix((values, interactions.movie_idx, starts), shape=shape)


def _pad(factors: FloatArray) -> FloatArray:
    width = padded(factors.shape[1])
    return np.pad(factors, ((0, 0), (0, width - factors.shape[1])))
