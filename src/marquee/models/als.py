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
from marquee.models.kernels.lanes import padded
from marquee.models.kernels.ranking import LeftOut, Scorer, rank_factors
from marquee.params import TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions, UserIds


@dataclass(frozen=True, kw_only=True, eq=False)
class Als(Fitted):
    """``user_factors`` [n_users, k] and ``movie_factors`` [k, n_movies], k padded with zeros."""

    name: ClassVar[str] = "als"
    user_factors: FloatArray
    movie_factors: FloatArray

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
            fitted.fit(_confidence(interactions, als.alpha), show_progress=False)
        return cls(
            **common(cls.name, interactions, params),
            user_factors=_pad(fitted.user_factors),
            movie_factors=_pad(fitted.item_factors).T,
        )

    def predict(
        self,
        user_ids: UserIds,  # noqa: ARG002
        movie_ids: NDArray[np.str_],  # noqa: ARG002
    ) -> FloatArray | None:
        """Return None: a preference is no rating."""
        return None

    def _rank(self, users: IntArray, left_out: LeftOut, best: IntArray) -> None:
        no_bias = np.zeros(len(self.movie_ids), np.float32)
        scorer = Scorer(self.user_factors, self.movie_factors, no_bias, self.popularity)
        rank_factors(users, scorer, left_out, best)


def _confidence(interactions: Interactions, alpha: float) -> csr_matrix:
    shape = len(interactions.user_ids), len(interactions.movie_ids)
    starts = row_starts(interactions.user_idx, shape[0])
    values = 1 + np.float32(alpha) * strength(interactions)
    return csr_matrix((values, interactions.movie_idx, starts), shape=shape)


def _pad(factors: FloatArray) -> FloatArray:
    width = padded(factors.shape[1])
    return np.pad(factors, ((0, 0), (0, width - factors.shape[1])))
