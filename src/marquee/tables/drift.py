"""How far test is from train: up to four distributions, each with its stability index.

The index is :func:`marquee.metrics.divergence.population_stability_index`, which names its source.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.metrics.divergence import population_stability_index
from marquee.tables.feedback import Feedback

_HOUR_US = 3_600_000_000
_DECILES = 10

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The events of train and of test in the same bins."""

    name: str
    bins: Sequence[str]
    train: Counts
    test: Counts

    @property
    def psi(self) -> float:
        """The population stability index of test against train; NaN where either is empty."""
        if not self.train.any() or not self.test.any():
            return math.nan
        return population_stability_index(self.train, self.test)


def compare(
    train: Feedback,
    test: Feedback,
    movie_ids: Sequence[str],
    movies: pa.Table,
    timed: bool = True,
) -> list[Comparison]:
    """Compare ratings, popularity, genres and, of data with times, hours of the day.

    ``movies`` is the metadata.
    """
    watched = [np.bincount(events.movie, minlength=len(movie_ids)) for events in (train, test)]
    return [
        _ratings(train, test),
        _popularity(watched[0], watched[1]),
        _genres(watched[0], watched[1], movie_ids, movies),
        *([_hours(train, test)] if timed else []),
    ]


def psi_report(comparisons: Sequence[Comparison]) -> dict[str, float]:
    """Report the index of each distribution, to six decimals."""
    return {comparison.name: round(comparison.psi, 6) for comparison in comparisons}


def _ratings(train: Feedback, test: Feedback) -> Comparison:
    sides = [events.rating[events.rating >= 0] for events in (train, test)]
    values = np.unique(np.concatenate(sides))
    counts = [np.bincount(np.searchsorted(values, side), minlength=len(values)) for side in sides]
    return Comparison("rating", [f"{value / 100:g}" for value in values], *counts)


def _popularity(train: Counts, test: Counts) -> Comparison:
    """Bin movies so that each holds a tenth of train's events, the most popular first."""
    order = np.argsort(-train, kind="stable")
    before = np.cumsum(train[order]) - train[order]
    decile = np.empty(len(train), dtype=np.int64)
    decile[order] = before * _DECILES // max(int(train.sum()), 1)
    decile[train == 0] = _DECILES
    bins = [f"tenth {tenth + 1}" for tenth in range(_DECILES)] + ["not in train"]
    return Comparison(
        "popularity", bins, *(_sum(decile, side, len(bins)) for side in (train, test))
    )


def _genres(train: Counts, test: Counts, movie_ids: Sequence[str], movies: pa.Table) -> Comparison:
    """Count an event once for each genre of its movie; movies without metadata count for none."""
    genres = dict(zip(movies["movie_id"].to_pylist(), movies["genres"].to_pylist(), strict=True))
    names = sorted({genre for of_movie in genres.values() for genre in of_movie})
    code = {name: position for position, name in enumerate(names)}
    pairs = [
        (movie, code[genre])
        for movie, movie_id in enumerate(movie_ids)
        for genre in genres.get(movie_id, ())
    ]
    movie, genre = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    sides = [_sum(genre, side[movie], len(names)) for side in (train, test)]
    return Comparison("genre", names, *sides)


def _hours(train: Feedback, test: Feedback) -> Comparison:
    sides = [np.bincount(side.at // _HOUR_US % 24, minlength=24) for side in (train, test)]
    return Comparison("hour", [f"{hour:02}" for hour in range(24)], *sides)


def _sum(bins: Counts, weights: Counts, count: int) -> Counts:
    """Add up integers by bin; ``bincount`` with weights would go through floats."""
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, bins, weights)
    return sums
