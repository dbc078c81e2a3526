"""From an opinion, a number around 0, to a rating on the platform's scale."""

import numpy as np

from marquee.events import RatingScale
from marquee.simulation.exact import FloatArray

NOISE = 0.64
"""Standard deviation of the mood of the day, in opinions, which have about 1 in all."""

_CUTS = (-3.2, -2.51, -1.645, -0.345, 0.99, 2.3)
"""Normal quantiles of the real shares: 1 0.6 %, 2 4.4 %, 3 31.5 %, 4 47.3 %, 5 16.1 %; the two
ends only serve scales of more than five ratings."""


def cut_points(scale: RatingScale) -> FloatArray:
    """Return the opinions that separate a scale's ratings, ascending; one fewer than ratings.

    A scale of another length than five stretches the five along it.
    """
    n_ratings = round((scale.max - scale.min) / scale.step) + 1
    return np.array([_cut(5 * k / n_ratings) for k in range(1, n_ratings)])


def _cut(place: float) -> float:
    below = min(int(place), 4)
    return _CUTS[below] + (place - below) * (_CUTS[below + 1] - _CUTS[below])


def ratings(opinions: FloatArray, noise: FloatArray, scale: RatingScale) -> FloatArray:
    """Return the ratings of opinions, each with its standard normal ``noise``."""
    steps = np.searchsorted(cut_points(scale), opinions + NOISE * noise)
    return np.asarray(scale.min + scale.step * steps, dtype=np.float64)
