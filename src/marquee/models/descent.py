"""Fit the factors of :mod:`marquee.models.svd` on all cores: the engine ``numba``.

Many ratings are shared out to 8 × 8 blocks of users and movies. Eight blocks that have no user and
no movie in common are fitted side by side, then the next eight (Gemulla et al., "Large-scale matrix
factorization with distributed stochastic gradient descent", KDD 2011): the result is the same
however many threads there are. Within a block, ratings come by user and movie. Fewer ratings than
a quarter of a million are one block, hence fitted in the order of Surprise: there the order can be
felt (0.003 in RMSE on 80,000 ratings), the time not.
"""

from concurrent.futures import Executor, Future
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from marquee.models.kernels.lanes import padded
from marquee.models.kernels.sgd import Factors, descend
from marquee.models.machine import threads
from marquee.models.ratings import Ratings, mean
from marquee.params import TrainParams
from marquee.tables.interactions import FloatArray, IntArray

_BLOCKS = 8
_RATINGS_OF_ONE_BLOCK = 250_000
_ROWS_A_DRAW = 8192
_CACHE_LINE = 16
"""Floats."""


def fit_factors(ratings: Ratings, n_users: int, n_movies: int, params: TrainParams) -> Factors:
    """Take ``epochs`` rounds of gradient steps from a random start; unrated movies stay 0."""
    svd = params.svd
    factors = Factors(
        _zeros(n_users, svd.factors),
        _zeros(n_movies, svd.factors),
        np.zeros(n_users, np.float32),
        np.zeros(n_movies, np.float32),
    )
    blocks = 1 if len(ratings.stars) < _RATINGS_OF_ONE_BLOCK else _BLOCKS
    decay = np.float32(1 - svd.learning_rate * svd.regularisation)
    rest = factors, np.float32(mean(ratings.stars)), np.float32(svd.learning_rate), decay
    with threads() as pool:
        drawn = _draw(pool, factors, params)
        rounds = share_out(ratings, n_users, n_movies, blocks)
        for part in drawn:
            part.result()
        factors.movie_factors[np.bincount(ratings.movies, minlength=n_movies) == 0] = 0
        for _ in tqdm(range(svd.epochs), desc="epochs", disable=None, leave=False):
            for side_by_side in rounds:
                list(pool.map(lambda block: descend(block, *rest), side_by_side))
    return factors


def _zeros(rows: int, factors: int) -> FloatArray:
    """Make padded rows of which no vector straddles two lines of the cache: a fifth of the time."""
    width = padded(factors)
    room = np.zeros(rows * width + _CACHE_LINE, np.float32)
    begin = -room.ctypes.data % (_CACHE_LINE * room.itemsize) // room.itemsize
    return room[begin : begin + rows * width].reshape(rows, width)


def _draw(pool: Executor, factors: Factors, params: TrainParams) -> list[Future[None]]:
    svd = params.svd

    def fill(side: int, low: int) -> None:
        # Drawn in float64, of which the cast drops the last bits: those of the C library's
        # logarithm may differ from one CPU to another.
        rng = np.random.Generator(np.random.PCG64((params.seed, side, low)))
        part = factors[side][low : low + _ROWS_A_DRAW, : svd.factors]
        part[:] = rng.normal(0, svd.init_std, part.shape)

    return [
        pool.submit(fill, side, low)
        for side in range(2)
        for low in range(0, len(factors[side]), _ROWS_A_DRAW)
    ]


def share_out(ratings: Ratings, n_users: int, n_movies: int, n: int) -> list[list[Ratings]]:
    """Share ratings out to ``n`` rounds of ``n`` blocks without a user or a movie in common."""
    user_range = _ranges(ratings.users, n_users, n)[ratings.users]
    movie_range = _ranges(ratings.movies, n_movies, n)[ratings.movies]
    key = (movie_range - user_range) % n * n + user_range
    ordered = ratings.at(np.argsort(key, kind="stable"))
    ends = np.cumsum(np.bincount(key, minlength=n * n))
    blocks = [ordered.at(slice(low, high)) for low, high in pairwise([0, *ends])]
    return [blocks[low : low + n] for low in range(0, n * n, n)]


def _ranges(idx: IntArray, size: int, n: int) -> NDArray[np.int16]:
    """Return which of ``n`` ranges with about as many ratings each position falls into."""
    until = np.cumsum(np.bincount(idx, minlength=size))
    return (np.maximum(until - 1, 0) * n // len(idx)).astype(np.int16)
