"""Users like this one: cosine similarities to one user at a time, never users times users."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from marquee.models.kernels.ranking import LeftOut, keep_best, top
from marquee.tables.interactions import FloatArray, IntArray


class Feedback(NamedTuple):
    """How much users liked movies, once by user and once by movie.

    User u's movies are ``movies[user_start[u]:user_start[u + 1]]``, with their ``strength``; movie
    i's users are ``users[movie_start[i]:movie_start[i + 1]]``, with ``unit`` (the strength, divided
    by the ``length`` of that user's vector) and ``deviation`` (stars above what the means of user
    and movie say, NaN where there is no rating). ``similarity`` is [n_users, n_users] where it was
    computed elsewhere, else [0, 0]. ``prior`` [n_movies] are the votes of the average users, and
    ``popularity`` is that of :class:`Fitted`.
    """

    user_start: NDArray[np.int64]
    movies: IntArray
    strength: FloatArray
    length: FloatArray
    movie_start: NDArray[np.int64]
    users: IntArray
    unit: FloatArray
    deviation: FloatArray
    similarity: FloatArray
    prior: FloatArray
    popularity: FloatArray


class Settings(NamedTuple):
    """``neighbours`` at most; pseudo-co-ratings; pseudo-neighbours of similarity 1."""

    neighbours: int
    shrinkage: np.float32
    smoothing: np.float32


class _Scratch(NamedTuple):
    """Zeros [n_users] between uses, and which of them are not zero now."""

    similarity: FloatArray
    common: IntArray
    touched: IntArray


@njit(cache=True, nogil=True)
def _scratch(n_users: int) -> _Scratch:
    similarity = np.empty(n_users, np.float32)
    common, touched = np.empty(n_users, np.int32), np.empty(n_users, np.int32)
    for user in range(n_users):  # np.zeros takes numba longer to compile, once for each type
        similarity[user], common[user] = 0, 0
    return _Scratch(similarity, common, touched)


class Nearest(NamedTuple):
    """Users and their similarities, the most similar first."""

    users: IntArray
    similarity: FloatArray


@njit(cache=True, nogil=True)
def _compare(user: int, feedback: Feedback, settings: Settings, scratch: _Scratch) -> int:
    """Write the similarity of every other user into the scratch; return how many are touched."""
    size: int = _multiply(user, feedback, scratch)
    for other in scratch.touched[:size]:
        common = np.float32(scratch.common[other])
        if len(feedback.similarity) > 0:
            scratch.similarity[other] = feedback.similarity[user, other]
        scratch.similarity[other] *= common / (common + settings.shrinkage)
    scratch.similarity[user] = 0
    return size


@njit(cache=True, nogil=True)
def _multiply(user: int, feedback: Feedback, scratch: _Scratch) -> int:
    """Add up the cosine and the number of common movies of every user that has any."""
    size = 0
    for n in range(feedback.user_start[user], feedback.user_start[user + 1]):
        movie, unit = feedback.movies[n], feedback.strength[n] / feedback.length[user]
        for k in range(feedback.movie_start[movie], feedback.movie_start[movie + 1]):
            other = feedback.users[k]
            if scratch.common[other] == 0:
                scratch.touched[size] = other
                size += 1
            scratch.common[other] += 1
            scratch.similarity[other] += unit * feedback.unit[k]
    return size


@njit(cache=True, nogil=True)
def _clear(scratch: _Scratch, size: int) -> None:
    for other in scratch.touched[:size]:
        scratch.similarity[other] = 0
        scratch.common[other] = 0


@njit(cache=True, nogil=True)
def rank_votes(
    users: IntArray,
    feedback: Feedback,
    settings: Settings,
    left_out: LeftOut,
    best: IntArray,
) -> None:
    """Fill ``best`` [n_asked, n] by the ``prior`` plus what the neighbours liked.

    A neighbour votes with its similarity times the strength of its feedback. User -1, and one
    without feedback, gets the most popular movies.
    """
    scratch = _scratch(len(feedback.length))
    nearest = _nobody(settings)
    for k in range(len(users)):
        if users[k] < 0 or feedback.user_start[users[k]] == feedback.user_start[users[k] + 1]:
            top(feedback.popularity.copy(), left_out, k, best[k])
            continue
        scores = _count_votes(users[k], feedback, settings, scratch, nearest)
        top(scores, left_out, k, best[k])


@njit(cache=True, nogil=True)
def score_votes(
    users: IntArray, movies: IntArray, feedback: Feedback, settings: Settings
) -> FloatArray:
    """Return the scores that :func:`rank_votes` ranks ``movies`` [n_users, k] by."""
    scratch = _scratch(len(feedback.length))
    nearest = _nobody(settings)
    picked = np.empty(movies.shape, np.float32)
    for k in range(len(users)):
        scores = _count_votes(users[k], feedback, settings, scratch, nearest)
        picked[k] = scores[movies[k]]
    return picked


@njit(cache=True, nogil=True)
def find_nearest(user: int, feedback: Feedback, settings: Settings) -> Nearest:
    """Return the users who vote for ``user``, the most similar first."""
    scratch = _scratch(len(feedback.length))
    nearest = _nobody(settings)
    size = _find_nearest(user, feedback, settings, scratch, nearest)
    return Nearest(nearest.users[:size], nearest.similarity[:size])


@njit(cache=True, nogil=True)
def _nobody(settings: Settings) -> Nearest:
    return Nearest(
        np.empty(settings.neighbours, np.int32), np.empty(settings.neighbours, np.float32)
    )


@njit(cache=True, nogil=True)
def _find_nearest(
    user: int, feedback: Feedback, settings: Settings, scratch: _Scratch, nearest: Nearest
) -> np.int64:
    """Fill ``nearest``; return how many there are."""
    users, likeness = nearest.users, nearest.similarity  # not looked up in the loop: a third faster
    touched = _compare(user, feedback, settings, scratch)
    size = np.int64(0)
    for other in scratch.touched[:touched]:
        similarity = scratch.similarity[other]
        if similarity > 0:
            size = keep_best(likeness, users, size, similarity, np.int64(other))
    _clear(scratch, touched)
    return size


@njit(cache=True, nogil=True)
def _count_votes(
    user: int, feedback: Feedback, settings: Settings, scratch: _Scratch, nearest: Nearest
) -> FloatArray:
    size = _find_nearest(user, feedback, settings, scratch, nearest)
    scores = feedback.prior.copy()
    for voter in range(size):
        _vote(nearest.users[voter], nearest.similarity[voter], feedback, scores)
    return scores


@njit(cache=True, nogil=True)
def _vote(voter: int, likeness: np.float32, feedback: Feedback, scores: FloatArray) -> None:
    for n in range(feedback.user_start[voter], feedback.user_start[voter + 1]):
        scores[feedback.movies[n]] += likeness * feedback.strength[n]


@njit(cache=True, nogil=True, error_model="numpy")
def estimate_deviation(
    users: IntArray, movies: IntArray, feedback: Feedback, settings: Settings
) -> NDArray[np.float32]:
    """Predict each pair's stars above the means, from the nearest who rated that movie.

    ``users`` rise, so that one user's similarities are computed once; -1 gives 0.
    """
    scratch = _scratch(len(feedback.length))
    keys = np.empty(settings.neighbours, np.float32)
    entries = np.empty(settings.neighbours, np.int32)
    deviation = np.empty(len(users), np.float32)
    touched = np.int64(0)
    for n in range(len(users)):
        if users[n] < 0 or movies[n] < 0:
            deviation[n] = 0
            continue
        if n == 0 or users[n] != users[n - 1] or touched == 0:
            _clear(scratch, touched)
            touched = _compare(users[n], feedback, settings, scratch)
        size = np.int64(0)
        for k in range(feedback.movie_start[movies[n]], feedback.movie_start[movies[n] + 1]):
            likeness = scratch.similarity[feedback.users[k]]
            if likeness > 0 and not np.isnan(feedback.deviation[k]):
                size = keep_best(keys, entries, size, likeness, k)
        weight, total = settings.smoothing, np.float32(0)
        for k in range(size):
            weight += keys[k]
            total += keys[k] * feedback.deviation[entries[k]]
        deviation[n] = total / weight
    return deviation
