"""The best movies of the whole catalogue for many users: scores, what is left out, the top."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from marquee.tables.interactions import FloatArray, IntArray

_USERS_AT_ONCE = 16
_MOVIES_AT_ONCE = 1024


class LeftOut(NamedTuple):
    """Movies that a user is not to be shown: ``movies[start[row[i]]:start[row[i] + 1]]`` for the
    i-th user asked for; row -1 leaves out none, and movie -1 is none of the catalogue's.
    """

    row: IntArray
    start: NDArray[np.int64]
    movies: IntArray


class Scorer(NamedTuple):
    """Scores ``user_factors[user] @ movie_factors + movie_bias``; for user -1, ``popularity``.

    ``[n_users, k]``, ``[k, n_movies]`` and twice ``[n_movies]``; k is a multiple of four.
    """

    user_factors: FloatArray
    movie_factors: FloatArray
    movie_bias: FloatArray
    popularity: IntArray


@njit(cache=True, nogil=True)
def keep_best(keys: FloatArray, positions: IntArray, size: int, key: np.float32, at: int) -> int:
    """Offer (key, at) to a heap of the best ``len(keys)`` so far; return how many it holds.

    The worst is on top; of equal keys, the one at the higher position.
    """
    if size < len(keys):
        k = size
        size += 1
        while k > 0 and _is_better(keys, positions, (k - 1) // 2, key, at):
            keys[k], positions[k] = keys[(k - 1) // 2], positions[(k - 1) // 2]
            k = (k - 1) // 2
        keys[k], positions[k] = key, at
    elif size > 0 and not _is_better(keys, positions, 0, key, at):
        _sink(keys, positions, size, key, at)
    return size


@njit(cache=True, nogil=True)
def _is_better(keys: FloatArray, positions: IntArray, k: int, key: np.float32, at: int) -> np.bool_:
    return np.bool_(keys[k] > key or (keys[k] == key and positions[k] < at))


@njit(cache=True, nogil=True)
def _sink(keys: FloatArray, positions: IntArray, size: int, key: np.float32, at: int) -> None:
    k = 0
    while True:
        child = 2 * k + 1
        if child >= size:
            break
        if child + 1 < size and _is_better(
            keys, positions, child, keys[child + 1], positions[child + 1]
        ):
            child += 1
        if _is_better(keys, positions, child, key, at):
            break
        keys[k], positions[k] = keys[child], positions[child]
        k = child
    keys[k], positions[k] = key, at


@njit(cache=True, nogil=True)
def drain(keys: FloatArray, positions: IntArray, size: int) -> None:
    """Order a heap of :func:`keep_best` in place: best first, equal keys by position."""
    for last in range(size - 1, 0, -1):
        key, at = keys[last], positions[last]
        keys[last], positions[last] = keys[0], positions[0]
        _sink(keys, positions, last, key, at)


@njit(cache=True, nogil=True)
def top(scores: FloatArray, left_out: LeftOut, user: int, best: IntArray) -> None:
    """Fill ``best`` with the positions of the greatest scores, then -1; spoils ``scores``."""
    row = left_out.row[user]
    if row >= 0:
        for k in range(left_out.start[row], left_out.start[row + 1]):
            if left_out.movies[k] >= 0:
                scores[left_out.movies[k]] = -np.inf
    keys, size = np.empty(min(len(best), len(scores)), np.float32), 0
    for movie in range(len(scores)):
        if (size < len(keys) and scores[movie] > -np.inf) or (size > 0 and scores[movie] > keys[0]):
            size = keep_best(keys, best, size, scores[movie], movie)
    drain(keys, best, size)
    best[size:] = -1


@njit(cache=True, nogil=True)
def rank_popular(popularity: IntArray, left_out: LeftOut, best: IntArray) -> None:
    """Fill ``best`` [n_asked, n] with the most popular movies."""
    for user in range(len(best)):
        top(popularity.astype(np.float32), left_out, user, best[user])


@njit(cache=True, nogil=True)
def rank_factors(users: IntArray, scorer: Scorer, left_out: LeftOut, best: IntArray) -> None:
    """Fill ``best`` [n_asked, n] for the users at the given positions.

    A score adds its products by rising factor, whatever the width of the CPU's vectors, as those
    run across movies. Movies come in blocks that stay in the cache while several users use them.
    """
    n_movies = len(scorer.movie_bias)
    scores = np.empty((min(_USERS_AT_ONCE, len(users)), n_movies), np.float32)
    for first in range(0, len(users), _USERS_AT_ONCE):
        asked = users[first : first + _USERS_AT_ONCE]
        for low in range(0, n_movies, _MOVIES_AT_ONCE):
            high = min(low + _MOVIES_AT_ONCE, n_movies)
            for k in range(len(asked)):
                _score(asked[k], scorer, low, scores[k, low:high])
        for k in range(len(asked)):
            top(scores[k], left_out, first + k, best[first + k])


@njit(cache=True, nogil=True)
def _score(user: int, scorer: Scorer, low: int, scores: FloatArray) -> None:
    high = low + len(scores)
    if user < 0:
        scores[:] = scorer.popularity[low:high]
        return
    scores[:] = scorer.movie_bias[low:high]
    p = scorer.user_factors[user]
    for k in range(0, len(p), 4):
        a, b, c, d = p[k], p[k + 1], p[k + 2], p[k + 3]
        one = scorer.movie_factors[k, low:high]
        two = scorer.movie_factors[k + 1, low:high]
        three = scorer.movie_factors[k + 2, low:high]
        four = scorer.movie_factors[k + 3, low:high]
        for j in range(len(scores)):
            scores[j] = scores[j] + a * one[j] + b * two[j] + c * three[j] + d * four[j]
