"""The loops that numpy has no word for, compiled; sums run in one fixed order."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def mean_jaccard_distance(
    ranked: NDArray[np.int32], genres: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return the mean of 1 − Jaccard over the pairs of each list, [n_users]; NaN without pairs."""
    n_genres = genres.shape[1]
    means = np.empty(len(ranked))
    for user in range(len(ranked)):
        total, pairs = 0.0, 0
        for a in range(ranked.shape[1]):
            for b in range(a):
                first, second = ranked[user, a], ranked[user, b]
                if first < 0 or second < 0:
                    continue
                both, n_first, n_second = 0, 0, 0
                for genre in range(n_genres):
                    both += genres[first, genre] & genres[second, genre]
                    n_first += genres[first, genre]
                    n_second += genres[second, genre]
                if n_first > 0 and n_second > 0:
                    total += 1 - both / (n_first + n_second - both)
                    pairs += 1
        means[user] = total / pairs if pairs > 0 else np.nan
    return means


@njit(cache=True, nogil=True)
def sum_resamples(values: NDArray[np.float64], resamples: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the column sums of the rows that each resample draws, [n_resamples, n_columns]."""
    sums = np.zeros((len(resamples), values.shape[1]))
    for i in range(len(resamples)):
        for row in resamples[i]:
            for column in range(values.shape[1]):
                sums[i, column] += values[row, column]
    return sums


@njit(cache=True, nogil=True)
def expose_resamples(
    lists: NDArray[np.int32],
    which: NDArray[np.int32],
    resamples: NDArray[np.int32],
    n_movies: int,
) -> NDArray[np.int32]:
    """Return how often each resample's lists show each movie, [n_resamples, n_movies].

    ``lists`` [n_lists, k] are those that differ, and ``which`` [n_users] says who has which: users
    without history have one list between them, so that counting lists first saves most additions.
    """
    exposure = np.zeros((len(resamples), n_movies), np.int32)
    times = np.empty(len(lists), np.int32)
    for i in range(len(resamples)):
        times[:] = 0
        for user in resamples[i]:
            times[which[user]] += 1
        for k in range(len(lists)):
            if times[k] > 0:
                for movie in lists[k]:
                    if movie >= 0:
                        exposure[i, movie] += times[k]
    return exposure
