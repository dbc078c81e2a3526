"""The best movies of the whole catalogue for many users: scores, what is left out, the top."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from marquee.tables.interactions import FloatArray, IntArray

_USERS_AT_ONCE = 8
_MOVIES_AT_ONCE = 512


class LeftOut(NamedTuple):
    """Movies that a user is not to be shown: ``movies[start[row[i]]:start[row[i] + 1]]`` for the
    i-th user asked for; row -1 leaves out none, and movie -1 is none of the catalogue's.
    """

    row: IntArray
    start: NDArray[np.int64]
    movies: IntArray


class Scorer(NamedTuple):
    """Scores ``user_factors[user] @ movie_factors + movie_bias``; for user -1, ``popularity``.

    ``[n_users, k]``, ``[k, n_movies]`` and twice ``[n_movies]``; k is a multiple of eight.
    """

    user_factors: FloatArray
    movie_factors: FloatArray
    movie_bias: FloatArray
    popularity: FloatArray


@njit(cache=True, nogil=True)
def keep_best(keys: FloatArray, positions: IntArray, size: int, key: np.float32, at: int) -> int:
    """Insert (key, at) into the best ``len(keys)`` so far; return how many there are.

    They are ordered best first, equal keys by position. For the dozens that a list has, moving
    the worse ones along is several times as fast as a heap. Callers count in int64, also from 0:
    each other type would be compiled once more, a second in all where nothing is cached.
    """
    k = size
    if size < len(keys):
        size += 1
    elif size > 0 and (keys[k - 1] < key or (keys[k - 1] == key and positions[k - 1] > at)):
        k -= 1
    else:
        return size
    while k > 0 and (keys[k - 1] < key or (keys[k - 1] == key and positions[k - 1] > at)):
        keys[k], positions[k] = keys[k - 1], positions[k - 1]
        k -= 1
    keys[k], positions[k] = key, at
    return size


@njit(cache=True, nogil=True)
def top(scores: FloatArray, left_out: LeftOut, user: int, best: IntArray) -> None:
    """Fill ``best`` with the positions of the greatest scores, then -1; spoils ``scores``."""
    row = left_out.row[user]
    if row >= 0:
        for k in range(left_out.start[row], left_out.start[row + 1]):
            if left_out.movies[k] >= 0:
                scores[left_out.movies[k]] = -np.inf
    keys = np.empty(min(len(best), len(scores)), np.float32)
    size, least = np.int64(0), np.float32(-np.inf)
    for movie in range(len(scores)):
        if scores[movie] > least:
            size = keep_best(keys, best, size, scores[movie], movie)
            if size > 0 and size == len(keys):
                least = keys[size - 1]
    best[size:] = -1


@njit(cache=True, nogil=True)
def rank_popular(popularity: FloatArray, left_out: LeftOut, best: IntArray) -> None:
    """Fill ``best`` [n_asked, n] with the most popular movies."""
    for user in range(len(best)):
        top(popularity.copy(), left_out, user, best[user])


@njit(cache=True, nogil=True)
def rank_factors(users: IntArray, scorer: Scorer, left_out: LeftOut, best: IntArray) -> None:
    """Fill ``best`` [n_asked, n] for the users at the given positions.

    A score adds its products by rising factor, whatever the width of the CPU's vectors, as those
    run across movies. Eight rows of a block of movies stay in the nearest cache while several
    users use them.
    """
    n_movies = len(scorer.movie_bias)
    scores = np.empty((min(_USERS_AT_ONCE, len(users)), n_movies), np.float32)
    for first in range(0, len(users), _USERS_AT_ONCE):
        asked = users[first : first + _USERS_AT_ONCE]
        for k in range(len(asked)):
            if asked[k] >= 0:
                scores[k] = scorer.movie_bias
            else:
                scores[k] = scorer.popularity
        for low in range(0, n_movies, _MOVIES_AT_ONCE):
            for factor in range(0, len(scorer.movie_factors), 8):
                for k in range(len(asked)):
                    if asked[k] >= 0:
                        part = scores[k, low : low + _MOVIES_AT_ONCE]
                        _add_eight(scorer, asked[k], factor, low, part)
        for k in range(len(asked)):
            top(scores[k], left_out, first + k, best[first + k])


@njit(cache=True, nogil=True)
def score_factors(users: IntArray, movies: IntArray, scorer: Scorer) -> FloatArray:
    """Return the scores that :func:`rank_factors` ranks ``movies`` [n_users, k] by.

    They add up in the same order, so they are equal to the bit.
    """
    scores = np.empty(movies.shape, np.float32)
    for user in range(len(users)):
        factors = scorer.user_factors[users[user]]
        for k in range(movies.shape[1]):
            score = scorer.movie_bias[movies[user, k]]
            for factor in range(len(factors)):
                score += factors[factor] * scorer.movie_factors[factor, movies[user, k]]
            scores[user, k] = score
    return scores


@njit(cache=True, nogil=True)
def _add_eight(scorer: Scorer, user: int, factor: int, low: int, scores: FloatArray) -> None:
    """Add eight products to each score; each row is contiguous, else nothing is vectorised."""
    p = scorer.user_factors[user, factor : factor + 8]
    q = scorer.movie_factors
    high = low + len(scores)
    q0, q1 = q[factor, low:high], q[factor + 1, low:high]
    q2, q3 = q[factor + 2, low:high], q[factor + 3, low:high]
    q4, q5 = q[factor + 4, low:high], q[factor + 5, low:high]
    q6, q7 = q[factor + 6, low:high], q[factor + 7, low:high]
    p0, p1, p2, p3, p4, p5, p6, p7 = p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]
    for j in range(len(scores)):
        half = scores[j] + p0 * q0[j] + p1 * q1[j] + p2 * q2[j] + p3 * q3[j]
        scores[j] = half + p4 * q4[j] + p5 * q5[j] + p6 * q6[j] + p7 * q7[j]
