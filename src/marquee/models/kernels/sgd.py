"""Stochastic gradient descent for biased matrix factorisation, and the prediction it minimises."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from marquee.models.kernels.lanes import dot
from marquee.models.ratings import Ratings
from marquee.tables.interactions import FloatArray, IntArray


class Factors(NamedTuple):
    """What is learnt; ``[n_users, k]`` and ``[n_movies, k]``, ``k`` padded with zeros to lanes."""

    user_factors: FloatArray
    movie_factors: FloatArray
    user_bias: FloatArray
    movie_bias: FloatArray


@njit(cache=True, nogil=True, error_model="numpy")
def descend(
    ratings: Ratings, factors: Factors, mean: np.float32, rate: np.float32, decay: np.float32
) -> None:
    """Take one step a rating, in order; ``decay`` is 1 - rate * regularisation.

    With e the error of a rating, every parameter x with gradient g moves by
    rate * (e * g - regularisation * x), which is decay * x + rate * e * g.
    """
    for n in range(len(ratings.stars)):
        user, movie = ratings.users[n], ratings.movies[n]
        p, q = factors.user_factors[user], factors.movie_factors[movie]
        known = mean + factors.user_bias[user] + factors.movie_bias[movie]
        step = rate * (ratings.stars[n] - known - dot(p, q))
        factors.user_bias[user] = decay * factors.user_bias[user] + step
        factors.movie_bias[movie] = decay * factors.movie_bias[movie] + step
        for k in range(len(p)):
            before = p[k]
            p[k] = decay * before + step * q[k]
            q[k] = decay * q[k] + step * before


@njit(cache=True, nogil=True, error_model="numpy")
def estimate(
    users: IntArray, movies: IntArray, factors: Factors, mean: np.float32
) -> NDArray[np.float32]:
    """Predict the stars of each pair; position -1, of an unknown user or movie, adds nothing."""
    stars = np.full(len(users), mean, np.float32)
    for n in range(len(users)):
        user, movie = users[n], movies[n]
        if user >= 0:
            stars[n] += factors.user_bias[user]
        if movie >= 0:
            stars[n] += factors.movie_bias[movie]
        if user >= 0 and movie >= 0:
            stars[n] += dot(factors.user_factors[user], factors.movie_factors[movie])
    return stars
