"""One number for how much a user liked a movie, from ratings and from watching."""

import numpy as np
from numpy.typing import NDArray

from marquee.models.ratings import damped
from marquee.tables.interactions import FloatArray, IntArray, Interactions

_UNKNOWN = 1 / 3
"""The mean of a squared ridit, where no rating says otherwise."""
_BINS = 10
_DAMPING = 5


def strength(interactions: Interactions) -> FloatArray:
    """Return [n_rows] strengths between 0 and 1, whatever the scale of ratings.

    A rating counts as its squared ridit: the probability that two ratings drawn at random are both
    lower (a tie is half), so that a 5 tells far more than a 3. The ridit is Bross's, "How to use
    ridit analysis" (Biometrics 14, 1958). A viewing without a rating counts as the ratings of
    viewings that went as far do on average, in tenths of the most minutes that anyone saw of that
    movie; tenths with few ratings are drawn to the mean of all.
    """
    is_rated = ~np.isnan(interactions.rating)
    squared = _ridits(interactions.rating[is_rated]) ** 2
    if is_rated.all():
        return squared.astype(np.float32)
    expected = float(squared.mean()) if len(squared) else _UNKNOWN
    tenth = _tenths_seen(interactions)
    with_both = interactions.minutes[is_rated] > 0
    offset = damped(
        tenth[is_rated][with_both], squared[with_both] - expected, size=_BINS, damping=_DAMPING
    )
    result = expected + offset[tenth]
    result[is_rated] = squared
    return result.astype(np.float32)


def _ridits(stars: FloatArray) -> NDArray[np.float64]:
    """Return the share of ratings below each, and half of those equal."""
    _, level, count = np.unique(stars, return_inverse=True, return_counts=True)
    middle = (np.cumsum(count) - count / 2) / max(len(stars), 1)
    return np.asarray(middle[level], np.float64)


def _tenths_seen(interactions: Interactions) -> IntArray:
    longest = np.ones(len(interactions.movie_ids), np.int32)
    np.maximum.at(longest, interactions.movie_idx, interactions.minutes)
    tenth: IntArray = interactions.minutes * _BINS // longest[interactions.movie_idx]
    np.minimum(tenth, _BINS - 1, out=tenth)
    return tenth
