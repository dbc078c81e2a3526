"""From numbers user by user to numbers over users, with what resampling makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.metrics.beyond import count_exposure, coverage, gini
from marquee.metrics.interval import (
    Interval,
    percentile_interval,
    recentre,
    resample_exposure,
    resample_sums,
)
from marquee.metrics.ratio import ratio
from marquee.params import BootstrapParams
from marquee.tables.interactions import IntArray

Array = NDArray[np.float64]
Fraction = tuple[Array, Array]
SUMS = ("ratings", "squared_error_sum", "absolute_error_sum")
"""The columns that add up over users; all others are averaged over them."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number over ``users`` users; ``resampled`` [resamples] is what it was in each resample."""

    value: float
    users: int
    resampled: Array

    def interval(self, confidence: float) -> Interval:
        """Return where the middle ``confidence`` of the resamples lies."""
        return percentile_interval(self.resampled, confidence)

    def __sub__(self, other: "Estimate") -> "Estimate":
        return Estimate(
            self.value - other.value,
            min(self.users, other.users),
            self.resampled - other.resampled,
        )


def estimate(
    systems: Sequence[Mapping[str, Array]], bootstrap: BootstrapParams, stream: int = 0
) -> list[dict[str, Estimate]]:
    """Estimate every metric of several systems on the same users and the same resamples.

    A system is its per-user columns [n_users]. Sums of errors become ``rmse`` and ``mae`` over
    ratings; any other column is averaged over the users who have it (no NaN).
    """
    fractions = [_fractions(columns) for columns in systems]
    # Most metrics count the same users: each distinct column is drawn once.
    columns = {
        array.tobytes(): array for system in fractions for pair in system.values() for array in pair
    }
    drawn = resample_sums(np.stack(list(columns.values()), axis=1), bootstrap, stream)
    sums = dict(zip(columns, drawn.T, strict=True))
    return [
        {
            name: _estimate(name, (total, count), (sums[total.tobytes()], sums[count.tobytes()]))
            for name, (total, count) in system.items()
        }
        for system in fractions
    ]


def _fractions(columns: Mapping[str, Array]) -> dict[str, Fraction]:
    """Say which columns each metric is the quotient of, once summed."""
    fractions = {}
    for name, values in columns.items():
        if name == "ratings":
            fractions["rmse"] = (columns["squared_error_sum"], values)
            fractions["mae"] = (columns["absolute_error_sum"], values)
        elif name not in SUMS:
            known = (~np.isnan(values)).astype(np.float64)
            fractions[name] = (np.nan_to_num(values), known)
    return fractions


def _estimate(name: str, fraction: Fraction, drawn: Fraction) -> Estimate:
    total, count = fraction
    value, resampled = ratio(total.sum(), count.sum()), ratio(*drawn)
    if name == "rmse":
        value, resampled = np.sqrt(value), np.sqrt(resampled)
    return Estimate(float(value), int((count > 0).sum()), resampled)


def estimate_exposure(
    systems: Sequence[IntArray], n_movies: int, cutoffs: Sequence[int], bootstrap: BootstrapParams
) -> list[dict[str, Estimate]]:
    """Estimate coverage and exposure Gini of several systems' lists [n_users, length]."""

    def shape(exposure: NDArray[np.integer], *_: object) -> Array:
        return np.stack([coverage(exposure, n_movies), gini(exposure, n_movies)], axis=-1)

    places = [(system, k) for system in range(len(systems)) for k in cutoffs]
    listings = [systems[system][:, :k] for system, k in places]
    resampled = resample_exposure(listings, bootstrap, shape)
    found: list[dict[str, Estimate]] = [{} for _ in systems]
    for (system, k), ranked, drawn in zip(places, listings, resampled, strict=True):
        points = shape(count_exposure(ranked, n_movies))
        for i, name in enumerate(("coverage", "gini")):
            estimated = estimate_recentred(float(points[i]), len(ranked), drawn[:, i])
            found[system][f"{name}_at_{k}"] = estimated
    return found


def estimate_recentred(point: float, users: int, resampled: Array) -> Estimate:
    """Return an estimate of a share, with the bias of its resamples taken out."""
    return Estimate(point, users, np.clip(recentre(point, resampled), 0, 1))
