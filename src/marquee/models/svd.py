"""Biased matrix factorisation, ranked by predicted rating.

A rating is predicted as mean + user bias + movie bias + user factors · movie factors, fitted by
stochastic gradient descent on the regularised squared error (Koren, Bell and Volinsky, "Matrix
factorization techniques for recommender systems", Computer 42, 2009), as scikit-surprise's ``SVD``
does. Two engines fit the same model with the same update equations: ``surprise`` is that library;
``numba`` is float32, uses all cores and is many times as fast.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ModelError
from marquee.models.descent import fit_factors
from marquee.models.fitted import Fitted, common, expect_room, positions
from marquee.models.kernels.lanes import padded
from marquee.models.kernels.ranking import LeftOut, Scorer, rank_factors
from marquee.models.kernels.sgd import Factors, estimate
from marquee.models.ratings import Ratings, expect_ratings, mean
from marquee.params import SvdParams, TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions, UserIds


@dataclass(frozen=True, kw_only=True, eq=False)
class Svd(Fitted):
    """Factors and biases in stars; it knows the users who rated.

    ``user_factors`` [n_users, k] and ``movie_factors`` [k, n_movies] are float32, k padded with
    zeros; a movie without ratings has zeros. ``mean``, ``lowest`` and ``highest`` are of the
    fitted ratings.
    """

    name: ClassVar[str] = "svd"
    mean: float
    lowest: float
    highest: float
    user_factors: FloatArray
    movie_factors: FloatArray
    user_bias: FloatArray
    movie_bias: FloatArray

    @classmethod
    def fit(cls, interactions: Interactions, params: TrainParams) -> Self:
        """Fit on the rows that have a rating; :class:`ModelError` where none has one."""
        ratings = expect_ratings(cls.name, interactions)
        is_rater = np.bincount(ratings.users) > 0
        users, rank = np.flatnonzero(is_rater), np.cumsum(is_rater, dtype=np.int32) - 1
        ratings = ratings._replace(users=rank[ratings.users])
        n_movies = len(interactions.movie_ids)
        expect_room(cls.name, len(users) + n_movies, params.svd.factors)
        engine = fit_factors if params.svd.engine == "numba" else _fit_surprise
        factors = engine(ratings, len(users), n_movies, params)
        _expect_finite(factors, params.svd)
        return cls(
            **common(cls.name, interactions, params) | {"user_ids": interactions.user_ids[users]},
            mean=mean(ratings.stars),
            lowest=float(ratings.stars.min()),
            highest=float(ratings.stars.max()),
            **factors._asdict() | {"movie_factors": factors.movie_factors.T},
        )

    def predict(self, user_ids: UserIds, movie_ids: NDArray[np.str_]) -> FloatArray | None:
        """Return expected stars, within those seen; an unknown user or movie adds no bias."""
        movie_factors = np.ascontiguousarray(self.movie_factors.T)
        factors = Factors(self.user_factors, movie_factors, self.user_bias, self.movie_bias)
        users = positions(self.user_ids, user_ids)
        movies = positions(self.movie_ids, movie_ids)
        stars: FloatArray = estimate(users, movies, factors, np.float32(self.mean))
        return np.clip(stars, np.float32(self.lowest), np.float32(self.highest))

    def _rank(self, users: IntArray, left_out: LeftOut, best: IntArray) -> None:
        scorer = Scorer(self.user_factors, self.movie_factors, self.movie_bias, self.popularity)
        rank_factors(users, scorer, left_out, best)


def _fit_surprise(ratings: Ratings, n_users: int, n_movies: int, params: TrainParams) -> Factors:
    from surprise import SVD

    from marquee.models.trainset import to_trainset

    svd = params.svd
    fitted = SVD(
        n_factors=svd.factors,
        n_epochs=svd.epochs,
        init_std_dev=svd.init_std,
        lr_all=svd.learning_rate,
        reg_all=svd.regularisation,
        random_state=params.seed,
    ).fit(to_trainset(ratings, n_users, n_movies))
    fitted.qi[np.bincount(ratings.movies, minlength=n_movies) == 0] = 0
    return Factors(
        _pad(fitted.pu), _pad(fitted.qi), fitted.bu.astype(np.float32), fitted.bi.astype(np.float32)
    )


def _pad(factors: NDArray[np.float64]) -> FloatArray:
    result = np.zeros((len(factors), padded(factors.shape[1])), np.float32)
    result[:, : factors.shape[1]] = factors
    return result


def _expect_finite(factors: Factors, svd: SvdParams) -> None:
    if not all(np.isfinite(values).all() for values in factors):
        raise ModelError(
            f"svd: diverged at learning_rate {svd.learning_rate:g}; a smaller one would converge"
        )
