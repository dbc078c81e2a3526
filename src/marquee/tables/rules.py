"""Nothing is lost: every line ends as a typed event, an exact duplicate, or in quarantine."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.errors import DataError
from marquee.tables.columns import Events, Rows
from marquee.tables.kernels import order_by


@dataclass(frozen=True, slots=True)
class Ledger:
    """Lines in, and what became of them."""

    lines: int
    watches: int
    ratings: int
    recommendations: int
    accounts: int
    duplicates: int
    quarantined: int

    def check(self) -> None:
        """Raise :class:`DataError` unless lines in are lines accounted for."""
        counts = asdict(self)
        accounted = sum(counts.values()) - self.lines
        if accounted != self.lines:
            raise DataError(
                f"the ledger does not balance: {self.lines} lines in, {accounted} accounted for "
                f"({', '.join(f'{name} {count}' for name, count in counts.items())})"
            )


def settle(events: Events, lines: int) -> tuple[Events, Ledger]:
    """Drop exact duplicates and balance the ledger against ``lines``, counted apart.

    A duplicate is the same typed event again: same time, user, and all else. Of watches, ratings
    and accounts the rest is ordered by user, movie, time, value; of recommendations as it came.
    """
    unique = replace(
        events,
        watches=_distinct(events.watches),
        ratings=_distinct(events.ratings),
        accounts=_distinct(events.accounts),
        recommendations=_distinct_recommendations(events.recommendations),
    )
    kept = (unique.watches, unique.ratings, unique.recommendations, unique.accounts)
    before = (events.watches, events.ratings, events.recommendations, events.accounts)
    watches, ratings, recommendations, accounts = map(len, kept)
    ledger = Ledger(
        lines=lines,
        watches=watches,
        ratings=ratings,
        recommendations=recommendations,
        accounts=accounts,
        duplicates=sum(map(len, before)) - sum(map(len, kept)),
        quarantined=len(events.quarantine),
    )
    ledger.check()
    return unique, ledger


def _distinct(rows: Rows) -> Rows:
    rows = rows.take(order_by(rows.user_id, rows.movie, rows.at, rows.value))
    columns = (rows.user_id, rows.movie, rows.at, rows.value)
    changed = np.ones(len(rows), dtype=np.bool_)
    changed[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return rows if changed.all() else rows.take(changed)


def _distinct_recommendations(table: pa.Table) -> pa.Table:
    """Compare in full only the answers that share user and time with another."""
    user_id, at = table["user_id"].to_numpy(), table["at"].cast(pa.int64()).to_numpy()
    suspects = np.sort(_repeated(user_id, at))
    keep = np.ones(len(table), dtype=np.bool_)
    seen = set()
    for row, answer in zip(suspects, table.take(suspects).to_pylist(), strict=True):
        key = (tuple(answer.pop("movie_ids")), *answer.values())
        keep[row] = key not in seen
        seen.add(key)
    return table.filter(pa.array(keep))


def _repeated(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows that agree with another row in every column."""
    order = order_by(*columns)
    same = np.zeros(len(order) + 1, dtype=np.bool_)
    same[1:-1] = np.logical_and.reduce([c[order][1:] == c[order][:-1] for c in columns])
    repeated: NDArray[np.int64] = order[same[1:] | same[:-1]]
    return repeated
