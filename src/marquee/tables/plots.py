"""Small CSV files for the pictures of the clean stage, always of the same names.

Every row has a ``panel`` and a ``series``, what the plot templates divide a picture by.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.tables.columns import Events
from marquee.tables.drift import Comparison
from marquee.tables.quality import by_reason, rounded

_DAY_US = 86_400_000_000
_CURVE_POINTS = 100

Rows = Iterable[Sequence[object]]


def write_plots(
    folder: Path,
    events: Events,
    splits: Mapping[str, pa.Table],
    drift: Iterable[Comparison],
    timed: bool = True,
) -> None:
    """Write quarantine, events by day, ratings, popularity, activity and drift.

    Data without times have no events by day.
    """
    folder.mkdir(parents=True)
    tables: dict[str, tuple[tuple[str, ...], Rows]] = {
        "quarantine": (("reason", "lines"), _quarantine(events)),
        "events_per_day": (("day", "date", "events"), _days(events) if timed else ()),
        "ratings": (("rating", "share"), _ratings(splits)),
        "popularity": (("movies", "interactions"), _popularity(splits["train"])),
        "activity": (("movies", "users"), _activity(splits["train"])),
        "drift": (("bin", "share"), _drift(drift)),
    }
    for name, (columns, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows((("panel", "series", *columns), *rows))


def _quarantine(events: Events) -> Rows:
    return (("lines", "quarantined", *pair) for pair in by_reason(events.quarantine).items())


def _days(events: Events) -> Rows:
    """Count events by kind and day; days are numbered from the first one of the log."""
    answered_at = events.recommendations["at"].cast(pa.int64()).to_numpy()
    kinds = {
        "watches": events.watches.at,
        "ratings": events.ratings.at,
        "recommendations": answered_at,
    }
    counts = {kind: _count(at // _DAY_US) for kind, at in kinds.items()}
    first = min((day for of_kind in counts.values() for day in of_kind), default=0)
    return (
        (kind, kind, day - first, np.datetime64(day, "D"), events)
        for kind, of_kind in counts.items()
        for day, events in of_kind.items()
    )


def _ratings(splits: Mapping[str, pa.Table]) -> Rows:
    """Give each rating its share of a split's ratings."""
    for split, table in splits.items():
        ratings = table["rating"].drop_null().to_numpy()
        for rating, count in _count(ratings).items():
            yield "ratings", split, f"{rating:g}", rounded(count / len(ratings))


def _popularity(train: pa.Table) -> Rows:
    """Draw the curve of concentration: how much the most popular movies have of all rows."""
    movies = _count(_codes(train["movie_id"])).values()
    counts = np.array(sorted(movies, reverse=True))
    upto = np.unique(np.linspace(1, len(counts), _CURVE_POINTS).astype(np.int64))
    share = np.cumsum(counts)[upto - 1] / counts.sum()
    points = zip((upto / len(counts)).tolist(), share.tolist(), strict=True)
    return (("movies", "train", rounded(part), rounded(rows)) for part, rows in ((0, 0), *points))


def _activity(train: pa.Table) -> Rows:
    """Count users by how many movies they met, in bins that double."""
    movies = _count(_codes(train["user_id"])).values()
    users = np.bincount([count.bit_length() - 1 for count in movies]).tolist()
    least = [1 << power for power in range(len(users))]
    return (
        ("users", "train", f"{n}-{2 * n - 1}" if n > 1 else "1", many)
        for n, many in zip(least, users, strict=True)
    )


def _drift(comparisons: Iterable[Comparison]) -> Rows:
    for of in comparisons:
        for series, counts in (("train", of.train), ("test", of.test)):
            total = max(int(counts.sum()), 1)
            for name, count in zip(of.bins, counts.tolist(), strict=True):
                yield of.name, series, name, rounded(count / total)


def _codes(ids: pa.ChunkedArray) -> NDArray[Any]:
    """Return a number for each id, whether it is one itself or a text."""
    column = ids.combine_chunks()
    return np.asarray(column.indices if pa.types.is_dictionary(column.type) else column)


def _count(values: NDArray[Any]) -> dict[Any, int]:
    """Count each distinct value, in ascending order."""
    distinct, counts = np.unique(values, return_counts=True)
    return dict(zip(distinct.tolist(), counts.tolist(), strict=True))
