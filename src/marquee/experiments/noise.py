"""How much of a difference is the luck of the seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one mean lies above another, with its interval and two-sided p-value.

    All but the value are None where the noise of the seed is not known.
    """

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None


def compare_means(
    ours: Sequence[float], theirs: Sequence[float], *, confidence: float
) -> Difference:
    """Compare the means of one metric over the seeds of two configurations.

    Welch's t-test, which lets both have a variance of their own (Welch, Biometrika 34, 1947). With
    fewer than two seeds of either, the noise is not known. Where neither varies at all, the
    difference is exact.
    """
    value = fmean(ours) - fmean(theirs)
    if min(len(ours), len(theirs)) < 2:
        return Difference(value)
    shares = [variance(values) / len(values) for values in (ours, theirs)]
    error = math.sqrt(sum(shares))
    if error == 0:
        return Difference(value, value, value, 1.0 if value == 0 else 0.0)
    return _by_t(value, error, _freedom(shares, (len(ours), len(theirs))), confidence)


def _freedom(shares: Sequence[float], sizes: Sequence[int]) -> float:
    """Return the degrees of freedom by Welch–Satterthwaite."""
    total = sum(shares)
    return 1 / sum((share / total) ** 2 / (n - 1) for share, n in zip(shares, sizes, strict=True))


def _by_t(value: float, error: float, freedom: float, confidence: float) -> Difference:
    from scipy.special import stdtr, stdtrit

    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    p = 2 * float(stdtr(freedom, -abs(value) / error))
    return Difference(value, value - reach, value + reach, p)
