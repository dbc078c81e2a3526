"""What recommendations are like beyond being right: how many movies, how known, how alike.

``ranked`` int32 [n_users, k] holds movie positions, best first, -1 where a list has ended.
"""

import numpy as np
from numpy.typing import NDArray

from marquee.metrics.kernels import mean_jaccard_distance
from marquee.metrics.ratio import ratio

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float64]


def count_exposure(ranked: IntArray, n_movies: int) -> NDArray[np.int64]:
    """Return in how many lists each movie stands, [n_movies]."""
    return np.bincount(ranked[ranked >= 0], minlength=n_movies).astype(np.int64)


def coverage(exposure: NDArray[np.integer], n_movies: int) -> FloatArray:
    """Return the share of a catalogue of ``n_movies`` that is recommended to anyone.

    ``exposure`` [..., n] is that of all movies, as :func:`count_exposure` gives it, or of those
    alone that are shown; the result has its leading shape. NaN for an empty catalogue.
    """
    return ratio((exposure > 0).sum(axis=-1), n_movies)


def gini(exposure: NDArray[np.integer], n_movies: int) -> FloatArray:
    """Return the Gini index of exposure: 0 all movies alike, → 1 one movie has it all.

    Σ (2i − n − 1) xᵢ / (n Σ xᵢ), x ascending, over the whole catalogue of n = ``n_movies``, movies
    never shown included (Shani & Gunawardana, Recommender Systems Handbook, 2011). ``exposure`` as
    in :func:`coverage`: what is not in it is 0 and so comes first. NaN where nothing is shown.
    """
    n = n_movies
    weights = 2 * np.arange(n - exposure.shape[-1] + 1, n + 1) - n - 1
    return ratio((np.sort(exposure, axis=-1) * weights).sum(axis=-1), n * exposure.sum(axis=-1))


def average_over_list(ranked: IntArray, movie_values: FloatArray) -> FloatArray:
    """Return the mean of a property of movies over each list, [n_users]; NaN for an empty list.

    With each movie's popularity it is the average recommendation popularity (Yin et al., VLDB
    2012); with −log₂ of that, the novelty of the list (Zhou et al., PNAS 107, 2010).
    """
    shown = ranked >= 0
    values = np.where(shown, movie_values[ranked], 0.0)
    return ratio(np.cumsum(values, axis=1)[:, -1], shown.sum(axis=1))


def diversity(ranked: IntArray, genres: NDArray[np.uint8]) -> FloatArray:
    """Return the mean distance of the pairs in each list, [n_users].

    The distance of two movies is 1 − the Jaccard index of their genres (intra-list diversity,
    Ziegler et al., WWW 2005). ``genres`` [n_movies, n_genres] of 0 and 1. A movie without genres
    is in no pair; NaN for a list without pairs.
    """
    return np.asarray(mean_jaccard_distance(np.ascontiguousarray(ranked), genres))
