"""Biased matrix factorisation, ranked by predicted rating.

A rating is predicted as mean + user bias + movie bias + user factors · movie factors, fitted by
stochastic gradient descent on the regularised squared error (Koren, Bell and Volinsky, "Matrix
factorization techniques for recommender systems", Computer 42, 2009), as scikit-surprise's ``SVD``
does. Two engines fit the same model with the same update equations: ``surprise`` is that library;
``numba`` is float32, uses all cores and is many times as fast.

The ``numba`` engine shares many ratings out to 4 × 4 blocks of users and movies. Four blocks that
have no user and no movie in common are fitted side by side, then the next four (Gemulla et al.,
"Large-scale matrix factorization with distributed stochastic gradient descent", KDD 2011): the
result is the same however many threads there are. Within a block, ratings come by user and movie.
Fewer ratings than a quarter of a million are one block, hence fitted in the order of Surprise:
there the order can be felt (0.003 in RMSE on 80,000 ratings, 0.0001 on 1.9 million), the time not.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from marquee.errors import ModelError
from marquee.models.fitted import Fitted, common, positions
from marquee.models.kernels.lanes import padded
from marquee.models.kernels.ranking import LeftOut, Scorer, rank_factors
from marquee.models.kernels.sgd import Factors, descend, estimate
from marquee.models.machine import expect_memory, threads
from marquee.models.ratings import Ratings, expect_ratings, mean
from marquee.params import SvdParams, TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions

_BLOCKS = 4
_RATINGS_OF_ONE_BLOCK = 250_000
_USERS_A_DRAW = 65_536


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
        users, idx = np.unique(ratings.users, return_inverse=True)
        ratings = ratings._replace(users=idx.astype(np.int32))
        n_movies = len(interactions.movie_ids)
        _expect_memory(len(users) + n_movies, params.svd.factors)
        engine = _fit_numba if params.svd.engine == "numba" else _fit_surprise
        factors = engine(ratings, len(users), n_movies, params)
        _expect_finite(factors, params.svd)
        return cls(
            **common(cls.name, interactions, params) | {"user_ids": interactions.user_ids[users]},
            mean=mean(ratings.stars),
            lowest=float(ratings.stars.min()),
            highest=float(ratings.stars.max()),
            **factors._asdict() | {"movie_factors": factors.movie_factors.T},
        )

    def predict(
        self, user_ids: NDArray[np.int64], movie_ids: NDArray[np.str_]
    ) -> FloatArray | None:
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


def _fit_numba(ratings: Ratings, n_users: int, n_movies: int, params: TrainParams) -> Factors:
    svd = params.svd
    rng = np.random.Generator(np.random.PCG64(params.seed))
    factors = Factors(
        _draw(rng, n_users, svd),
        _draw(rng, n_movies, svd),
        np.zeros(n_users, np.float32),
        np.zeros(n_movies, np.float32),
    )
    factors.movie_factors[np.bincount(ratings.movies, minlength=n_movies) == 0] = 0
    decay = np.float32(1 - svd.learning_rate * svd.regularisation)
    rest = factors, np.float32(mean(ratings.stars)), np.float32(svd.learning_rate), decay
    blocks = 1 if len(ratings.stars) < _RATINGS_OF_ONE_BLOCK else _BLOCKS
    rounds = share_out(ratings, n_users, n_movies, blocks)
    with threads() as pool:
        for _ in tqdm(range(svd.epochs), desc="epochs", disable=None, leave=False):
            for side_by_side in rounds:
                list(pool.map(lambda block: descend(block, *rest), side_by_side))
    return factors


def _draw(rng: np.random.Generator, rows: int, svd: SvdParams) -> FloatArray:
    # Drawn in float64, of which the cast drops the last bits: those of the C library's logarithm
    # may differ from one CPU to another.
    factors = np.zeros((rows, padded(svd.factors)), np.float32)
    for low in range(0, rows, _USERS_A_DRAW):
        part = factors[low : low + _USERS_A_DRAW, : svd.factors]
        part[:] = rng.normal(0, svd.init_std, part.shape)
    return factors


def share_out(ratings: Ratings, n_users: int, n_movies: int, n: int) -> list[list[Ratings]]:
    """Share ratings out to ``n`` rounds of ``n`` blocks without a user or a movie in common."""
    user_range = _ranges(ratings.users, n_users, n)[ratings.users]
    movie_range = _ranges(ratings.movies, n_movies, n)[ratings.movies]
    key = (movie_range - user_range) % n * n + user_range
    ordered = ratings.at(np.argsort(key, kind="stable"))
    ends = np.cumsum(np.bincount(key, minlength=n * n))
    blocks = [ordered.at(slice(low, high)) for low, high in pairwise([0, *ends])]
    return [blocks[low : low + n] for low in range(0, n * n, n)]


def _ranges(idx: IntArray, size: int, n: int) -> NDArray[np.int64]:
    """Return which of ``n`` ranges with about as many ratings each position falls into."""
    until = np.cumsum(np.bincount(idx, minlength=size))
    return np.maximum(until - 1, 0) * n // len(idx)


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


def _expect_memory(rows: int, factors: int) -> None:
    needed = rows * padded(factors) * np.dtype(np.float32).itemsize
    expect_memory(needed, f"svd, {factors} factors of {rows} users and movies")


def _expect_finite(factors: Factors, svd: SvdParams) -> None:
    if not all(np.isfinite(values).all() for values in factors):
        raise ModelError(
            f"svd: diverged at learning_rate {svd.learning_rate:g}; a smaller one would converge"
        )
