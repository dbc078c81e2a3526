"""Small CSV files for the plots of the clean stage, always of the same names."""

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

Row = Sequence[object]


def write_plots(
    folder: Path, events: Events, splits: Mapping[str, pa.Table], drift: Iterable[Comparison]
) -> None:
    """Write quarantine, events by day, ratings, popularity, activity and drift."""
    folder.mkdir(parents=True)
    tables: dict[str, tuple[Row, Iterable[Row]]] = {
        "quarantine": (("reason", "lines"), by_reason(events.quarantine).items()),
        "events_per_day": (("day", "watches", "ratings", "recommendations"), _days(events)),
        "ratings": (("rating", *splits), _ratings(splits)),
        "popularity": (("share_of_movies", "share_of_interactions"), _popularity(splits["train"])),
        "activity": (("movies", "users"), _activity(splits["train"])),
        "drift": (("distribution", "bin", "train", "test"), _drift(drift)),
    }
    for name, (header, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows((header, *rows))


def _days(events: Events) -> list[Row]:
    answered_at = events.recommendations["at"].cast(pa.int64()).to_numpy()
    kinds = [at // _DAY_US for at in (events.watches.at, events.ratings.at, answered_at)]
    counts = [dict(zip(*np.unique(kind, return_counts=True), strict=True)) for kind in kinds]
    days = np.array(sorted({day for kind in counts for day in kind}), dtype="datetime64[D]")
    return [(day, *(int(kind.get(day.astype(np.int64), 0)) for kind in counts)) for day in days]


def _ratings(splits: Mapping[str, pa.Table]) -> list[Row]:
    """Give each rating its share of a split's ratings."""
    counts = [_count(table["rating"].drop_null().to_numpy()) for table in splits.values()]
    values = sorted({value for split in counts for value in split})
    totals = [(split, max(sum(split.values()), 1)) for split in counts]
    return [
        (f"{value:g}", *(rounded(split.get(value, 0) / n) for split, n in totals))
        for value in values
    ]


def _count(values: NDArray[Any]) -> dict[Any, int]:
    distinct, counts = np.unique(values, return_counts=True)
    return dict(zip(distinct.tolist(), counts.tolist(), strict=True))


def _popularity(train: pa.Table) -> list[Row]:
    """Draw the curve of concentration: how much the most popular movies have of all rows."""
    counts = -np.sort(-np.array(list(_count(_codes(train["movie_id"])).values())))
    upto = np.unique(np.linspace(1, len(counts), _CURVE_POINTS).astype(np.int64))
    share = np.cumsum(counts)[upto - 1] / counts.sum()
    points = zip(upto.tolist(), share.tolist(), strict=True)
    return [(0, 0), *((rounded(n / len(counts)), rounded(part)) for n, part in points)]


def _activity(train: pa.Table) -> list[Row]:
    """Count users by how many movies they met, in bins that double."""
    movies = _count(train["user_id"].to_numpy()).values()
    users = np.bincount([count.bit_length() - 1 for count in movies]).tolist()
    bins = (
        "1" if power == 0 else f"{1 << power}-{(2 << power) - 1}" for power in range(len(users))
    )
    return list(zip(bins, users, strict=True))


def _codes(column: pa.ChunkedArray) -> NDArray[Any]:
    return np.asarray(column.combine_chunks().indices)


def _drift(comparisons: Iterable[Comparison]) -> list[Row]:
    return [
        (of.name, name, rounded(train), rounded(test))
        for of in comparisons
        for name, train, test in zip(of.bins, _shares(of.train), _shares(of.test), strict=True)
    ]


def _shares(counts: NDArray[np.int64]) -> list[float]:
    return [count / max(int(counts.sum()), 1) for count in counts.tolist()]
