"""How far two distributions are from each other, from their histograms.

The last bits of numpy's logarithms depend on the CPU, so a divergence is rounded to twelve
decimals: far above those bits, far below what a report shows.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.metrics.ratio import ratio

_FLOOR = 1e-4
_DECIMALS = 12


def population_stability_index(expected: ArrayLike, actual: ArrayLike) -> float:
    """Return the PSI of ``actual`` against ``expected``, two histograms over the same bins.

    Σ (aᵢ − eᵢ) · ln(aᵢ / eᵢ) over shares; 0 where they agree, above 0.25 a shift that matters
    (Siddiqi, Credit Risk Scorecards, 2006). A share below 0.0001 counts as 0.0001, so that an
    empty bin is no infinity. Never negative; NaN where either histogram is empty.
    """
    e, a = np.maximum(_shares(expected), _FLOOR), np.maximum(_shares(actual), _FLOOR)
    return round(float(((a - e) * np.log(a / e)).sum()), _DECIMALS)


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """Return the Jensen-Shannon divergence in bits of each row of ``p`` from that of ``q``.

    Rows are histograms over the same bins, [..., n_bins]. Symmetric, in [0, 1]; 0 where the
    shares agree, 1 where they share no bin (Lin, IEEE Trans. Inf. Theory 37, 1991). NaN where a row
    is empty.
    """
    p_shares, q_shares = _shares(p), _shares(q)
    middle = (p_shares + q_shares) / 2
    divergence = (_kullback_leibler(p_shares, middle) + _kullback_leibler(q_shares, middle)) / 2
    known = np.sum(p, axis=-1) * np.sum(q, axis=-1) > 0
    return np.where(known, np.clip(divergence.round(_DECIMALS), 0, 1), np.nan)


def _shares(counts: ArrayLike) -> NDArray[np.float64]:
    return ratio(counts, np.sum(counts, axis=-1, keepdims=True))


def _kullback_leibler(p: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    quotient = np.divide(p, middle, out=np.ones_like(p), where=p > 0)
    return np.asarray((p * np.log2(quotient)).sum(axis=-1))
