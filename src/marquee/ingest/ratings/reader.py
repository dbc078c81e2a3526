"""All rows of the tables, checked and coded, with those that cannot be read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tqdm import tqdm

from marquee.errors import DataError
from marquee.events import Fault, RatingScale
from marquee.ingest.metadata import Rejected
from marquee.ingest.ratings.cells import (
    NO_RATING,
    NOT_A_RATING,
    NOT_SPELLABLE,
    Stars,
    read_ids,
    unite_ids,
)
from marquee.ingest.ratings.columns import Chosen
from marquee.ingest.ratings.scale import scale_of
from marquee.ingest.ratings.table import Batch, Table
from marquee.ingest.ratings.times import Times

_EXPECTED = {
    Fault.USER_ID: "expected a user id in every row",
    Fault.MOVIE_ID: "expected a movie id in every row",
    Fault.RATING: "expected a number, on ingest.ratings.scale where that is set",
    Fault.TIMESTAMP: "expected ISO 8601 (2024-04-03, 2024-04-03T12:30:00) or a number since 1970",
    Fault.FIELDS: "expected as many fields as columns, and ids of one line",
}
MOST_REJECTED = 1_000_000
"""They are kept in memory; a file with more of them is something else."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """One row a rating or interaction, in the order of time, or of the file where it has no times.

    ``at`` is in microseconds since 1970, or None. ``user`` and ``movie`` are positions in the
    ids, which ascend by code point. ``rating`` is in hundredths, -1 where there is none.
    """

    at: NDArray[np.int64] | None
    user: NDArray[np.int32]
    movie: NDArray[np.int32]
    rating: NDArray[np.int16]
    user_ids: list[str]
    movie_ids: list[str]
    scale: RatingScale
    rejected: list[Rejected]


class Reader:
    """Reads tables one after another into one set of rows."""

    def __init__(self, scale: RatingScale | None) -> None:
        self._scale = scale
        self._allowed = _allowed(scale) if scale else None
        self._stars = Stars()
        self._names: list[str] = []
        self._pieces: list[tuple[Any, ...]] = []
        self._rejected: list[Rejected] = []

    def read(self, table: Table, chosen: Chosen) -> str | None:
        """Read a table and say how its times are written.

        More rejected rows than can be kept are a :class:`DataError`, as is a table without times
        after one that has them.
        """
        self._names.append(table.name)
        times = Times() if "timestamp" in chosen else None
        if self._pieces and (len(self._pieces[0]) == 4) != (times is not None):
            raise DataError(f"{table.name}: times in some files and not in others")
        for batch in tqdm(table.batches(chosen), desc=table.name, unit="block", disable=None):
            try:
                self._add(table.name, batch, chosen, times)
            except DataError as error:
                raise DataError(f"{table.name}: {error}") from None
            if len(self._rejected) > MOST_REJECTED:
                raise DataError(
                    f"{table.name}: over {MOST_REJECTED:,} rows cannot be read, the first: "
                    f"{self._rejected[0]}"
                )
        return times.spelling if times else None

    def _add(self, name: str, batch: Batch, chosen: Chosen, times: Times | None) -> None:
        user, has_user = read_ids(batch.columns["user"])
        movie, has_movie = read_ids(batch.columns["movie"])
        rating = self._ratings(batch)
        columns = [user, movie, rating]
        faults = [
            (Fault.USER_ID, ~has_user),
            (Fault.MOVIE_ID, ~has_movie),
            (Fault.RATING, self._off_scale(rating, chosen)),
        ]
        if times:
            at, known = times.add(batch.columns["timestamp"])
            columns.append(at)
            faults.append((Fault.TIMESTAMP, ~known))
        bad = np.logical_or.reduce([mask for _, mask in faults])
        self._reject(name, batch, faults, np.flatnonzero(bad))
        if bad.any():
            columns = [_without(column, bad) for column in columns]
        self._pieces.append(tuple(columns))

    def _off_scale(self, rating: NDArray[np.int16], chosen: Chosen) -> NDArray[np.bool_]:
        wrong = rating < NO_RATING
        if "rating" in chosen and "event" not in chosen:
            wrong |= rating == NO_RATING
        if self._allowed is not None:
            wrong |= (rating != NO_RATING) & ~self._allowed[rating]
        return wrong

    def _ratings(self, batch: Batch) -> NDArray[np.int16]:
        if "rating" not in batch.columns:
            return np.full(len(batch.line_numbers), NO_RATING, np.int16)
        rating = self._stars.add(batch.columns["rating"])
        if self._scale is None and self._stars.examples and (rating == NOT_SPELLABLE).any():
            raise DataError(
                f"ratings such as {', '.join(self._stars.examples)}: expected 0 to 99.99 with at "
                "most two decimals; change them in the file, or set ingest.ratings.scale to reject "
                "rows that are off it"
            )
        return rating

    def _reject(
        self,
        name: str,
        batch: Batch,
        faults: Iterable[tuple[Fault, NDArray[np.bool_]]],
        rows: NDArray[np.int64],
    ) -> None:
        found = [*batch.rejected]
        for row in rows[: MOST_REJECTED + 1].tolist():
            fault = next(fault for fault, mask in faults if mask[row])
            value = batch.columns["rating"][row].as_py() if fault == Fault.RATING else None
            found.append(
                Rejected(
                    name,
                    int(batch.line_numbers[row]),
                    str(fault),
                    batch.row(row),
                    None if value is None else str(value),
                )
            )
        self._rejected += sorted(found, key=lambda rejected: rejected.line_number)

    def finish(self) -> Interactions:
        """Put all rows in order; ties in time keep the order of the files.

        No row at all is a :class:`DataError`.
        """
        pieces, self._pieces = self._pieces, []
        if not any(len(piece[0]) for piece in pieces):
            names = ", ".join(self._names)
            if not self._rejected:
                raise DataError(
                    f"{names}: no rows below the header, expected one for each rating or click"
                )
            raise DataError(f"{names}: no row can be read: {describe_rejected(self._rejected)}")
        users, movies, *others = zip(*pieces, strict=True)
        (user, user_ids), (movie, movie_ids) = unite_ids(users), unite_ids(movies)
        rating, *at = map(np.concatenate, others)
        del pieces, users, movies, others
        if at:
            order = np.argsort(at[0], kind="stable")
            user, movie, rating, at = user[order], movie[order], rating[order], [at[0][order]]
        seen = np.flatnonzero(np.bincount(rating[rating >= 0], minlength=1)).tolist()
        return Interactions(
            at=at[0] if at else None,
            user=user,
            movie=movie,
            rating=rating,
            user_ids=user_ids.to_pylist(),
            movie_ids=movie_ids.to_pylist(),
            scale=self._scale or scale_of(seen),
            rejected=self._rejected,
        )


def describe_rejected(rejected: Sequence[Rejected]) -> str:
    """Count rejected rows by reason, and show the first with what was expected in its place."""
    reasons = Counter(row.reason for row in rejected)
    counts = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
    expected = _EXPECTED.get(Fault(rejected[0].reason))
    return f"{counts}; the first: {rejected[0]}" + (f"; {expected}" if expected else "")


def _without(column: Any, bad: NDArray[np.bool_]) -> Any:
    return column[~bad] if isinstance(column, np.ndarray) else column.filter(pa.array(~bad))


def _allowed(scale: RatingScale) -> NDArray[np.bool_]:
    """Say of each rating from 0 to 99.99, in hundredths, whether it is on the scale; of codes no.

    The codes below 0 count from the end.
    """
    on_scale = [hundredths / 100 in scale for hundredths in range(10_000)]
    return np.array([*on_scale, *[False] * abs(min(NO_RATING, NOT_A_RATING, NOT_SPELLABLE))])
