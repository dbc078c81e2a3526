"""How popular each movie is: what its interactions count, by how much users liked it and when."""

import numpy as np
from numpy.typing import NDArray

from marquee.models.feedback import strength
from marquee.params import PopularityParams
from marquee.tables.interactions import FloatArray, Interactions

_STEPS = 1024
"""Into how many steps of equal ratio a half-life is divided: 0.07 % each."""
_MOST_HALVINGS = 64
_US_PER_DAY = 86_400_000_000


def weigh_movies(interactions: Interactions, params: PopularityParams) -> FloatArray:
    """Return the summed weight of each movie's rows, [n_movies].

    A row weighs 1, or by its strength where ``count`` is ``liked``; that is halved for every
    ``half_life_days`` before the last row. Rows of one instant do not decay, and where nothing is
    rated all rows are liked alike: movies then rank by count. Sums are taken in float64 and
    rounded to float32, so that what differs by the order of its terms alone is a tie.
    """
    weights = np.ones(len(interactions))
    if params.count == "liked":
        weights *= strength(interactions)
    if params.half_life_days is not None:
        weights *= _halve(interactions.at.max() - interactions.at, params.half_life_days)
    n_movies = len(interactions.movie_ids)
    return np.bincount(interactions.movie_idx, weights, minlength=n_movies).astype(np.float32)


def _halve(age_us: NDArray[np.int64], half_life_days: float) -> NDArray[np.float64]:
    """Return 2 ** (−age / half-life), rounded up to a step, the same bits on every machine.

    What is older than 64 half-lives counts as if it were 64 old: movies that nobody met lately
    still rank by how many met them, also where one date far in the future makes all others old.
    """
    step = max(1, round(half_life_days * _US_PER_DAY / _STEPS))
    table = _powers()
    return np.asarray(table[np.minimum(age_us // step, len(table) - 1)])


def _powers() -> NDArray[np.float64]:
    """Return 2 ** (−k / 1024) for k from 0 to 64 × 1024.

    Multiplication and square root are exact by IEEE 754 everywhere; numpy's ``exp2`` is not.
    """
    fractions, ratio = np.ones(1), 0.5
    while len(fractions) < _STEPS:
        ratio = float(np.sqrt(ratio))  # from one entry to the next, now twice as many
        fractions = np.stack([fractions, fractions * ratio], axis=1).ravel()
    halvings = np.ldexp(1.0, -np.arange(_MOST_HALVINGS + 1, dtype=np.int32))
    return np.outer(halvings, fractions).ravel()[: _MOST_HALVINGS * _STEPS + 1]
