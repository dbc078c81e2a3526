"""How sure a number is: intervals, p-values and verdicts by resampling users.

Users, not ratings, are drawn: the ratings of one user depend on each other (Efron & Tibshirani,
An Introduction to the Bootstrap, 1993). Two systems are compared on the same draws.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from marquee.metrics.kernels import expose_resamples, sum_resamples
from marquee.params import BootstrapParams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
_DRAWN_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a number lies with the chosen confidence; NaN where nothing is known."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside; False where nothing is known."""
        return self.low > 0 or self.high < 0


def resample_sums(values: FloatArray, bootstrap: BootstrapParams, stream: int = 0) -> FloatArray:
    """Return the column sums of ``values`` [n_users, n_columns] in each resample of its rows.

    The result is [resamples, n_columns]; means, ratios and differences of them stay paired. Give
    groups of different users different streams, so that their draws are independent.
    """
    values = np.ascontiguousarray(values, np.float64)
    draws = _draws(len(values), bootstrap, stream)
    return np.concatenate([sum_resamples(values, rows) for rows in draws])


def resample_exposure(
    listings: Sequence[IntArray],
    bootstrap: BootstrapParams,
    statistic: Callable[[IntArray, IntArray], FloatArray],
) -> list[FloatArray]:
    """Return a statistic of exposure in each resample of users, for each of their ``listings``.

    A listing is [n_users, k] positions of movies, -1 where a list has ended. ``statistic`` gets
    the exposure [n_resamples, n_shown] of those movies alone that any list shows, of a large
    catalogue often a few, and their positions [n_shown], ascending.
    """
    draws = _draws(len(listings[0]), bootstrap)
    shown = [_Shown.of(ranked) for ranked in listings]
    blocks = [[statistic(each.expose(users), each.movies) for each in shown] for users in draws]
    return [np.concatenate(found) for found in zip(*blocks, strict=True)]


@dataclass(frozen=True, slots=True)
class _Shown:
    """The ``movies`` of some lists, the distinct ``lists`` of positions in those, and ``which`` of
    them each user has.
    """

    movies: IntArray
    lists: IntArray
    which: IntArray

    @classmethod
    def of(cls, ranked: IntArray) -> Self:
        movies = np.unique(ranked[ranked >= 0])
        at = np.searchsorted(movies, ranked).astype(np.int32)
        lists, which = np.unique(np.where(ranked >= 0, at, -1), axis=0, return_inverse=True)
        return cls(movies, lists.astype(np.int32), which.ravel().astype(np.int32))

    def expose(self, resamples: IntArray) -> IntArray:
        exposure: IntArray = expose_resamples(self.lists, self.which, resamples, len(self.movies))
        return exposure


def _draws(
    n_users: int, bootstrap: BootstrapParams, stream: int = 0
) -> Iterator[NDArray[np.int32]]:
    """Draw n_users rows with replacement for each resample, some resamples at a time."""
    rng = np.random.Generator(np.random.PCG64([bootstrap.seed, stream]))
    at_once = max(1, _DRAWN_AT_ONCE // max(1, n_users))
    for begin in range(0, bootstrap.resamples, at_once):
        n = min(at_once, bootstrap.resamples - begin)
        yield rng.integers(0, max(1, n_users), (n, n_users), dtype=np.int32)


def percentile_interval(resampled: FloatArray, confidence: float) -> Interval:
    """Return the middle ``confidence`` of a resampled statistic; NaNs in it are left out."""
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return Interval(np.nan, np.nan)
    tail = (1 - confidence) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(float(low), float(high))


def recentre(point: float, resampled: FloatArray) -> FloatArray:
    """Shift a resampled statistic by the bootstrap's own bias, so that its mean is ``point``.

    Fewer distinct users see fewer distinct movies, so every resample has less coverage than the
    users have: the spread of the resamples is right and their middle is not (Efron & Tibshirani,
    chapter 10).
    """
    return resampled - (float(np.mean(resampled)) - point)


def p_value(differences: FloatArray) -> float:
    """Return the two-sided p-value of "no difference" from resampled differences.

    Twice the smaller share of resamples on either side of zero, one more counted in each so that
    it is never 0 (Davison & Hinkley, Bootstrap Methods, 1997, section 4.2). NaN without any.
    """
    known = differences[~np.isnan(differences)]
    if not len(known):
        return float("nan")
    fewer = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2 * (fewer + 1) / (len(known) + 1))


def smallest_p_value(bootstrap: BootstrapParams) -> float:
    """Return the least that :func:`p_value` can be with so many resamples."""
    return 2 / (bootstrap.resamples + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for being several, by Holm's step-down (Scand. J. Statistics 6, 1979).

    In the order given; NaN stays NaN and counts as no comparison.
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")[: int((~np.isnan(p)).sum())]
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return [float(value) for value in adjusted]


def gap_interval(points: FloatArray, resampled: FloatArray, confidence: float) -> Interval:
    """Return an interval for the largest difference between any two groups.

    ``points`` [n_groups], ``resampled`` [resamples, n_groups]. The plain bootstrap of max − min is
    biased upwards, the more so the more groups and the smaller: noise alone makes a gap. Here all
    pairwise differences get intervals that hold at once, by the bootstrap distribution of the
    largest studentised deviation (Tukey's method with resampled critical value: Westfall & Young,
    Resampling-Based Multiple Testing, 1993; Romano & Wolf, JASA 100, 2005). Where all of them
    hold, the true gap is at least the greatest lower bound and at most the greatest upper one.
    Fewer than two groups: NaN.
    """
    a, b = np.triu_indices(len(points), 1)
    if not len(a):
        return Interval(np.nan, np.nan)
    difference, drawn = points[a] - points[b], resampled[:, a] - resampled[:, b]
    error = drawn.std(axis=0, ddof=1)
    deviation = np.abs(drawn - difference)
    studentised = np.divide(deviation, error, out=np.zeros_like(deviation), where=error > 0)
    reach = np.quantile(studentised.max(axis=1), confidence) * error
    low = float((np.abs(difference) - reach).max())
    return Interval(max(0.0, low), float((np.abs(difference) + reach).max()))
