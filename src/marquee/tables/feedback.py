"""What users did with movies, one row an event: ratings and viewings side by side."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.tables.columns import Rows, movie_column, timestamps
from marquee.tables.given_ids import OF_THE_LOG, GivenIds
from marquee.tables.kernels import collapse_minutes, order_by

UNRATED = -1
_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Viewings:
    """A user's watched minutes of a movie without a long pause, an entry a viewing.

    ``rows.at`` is when it began and ``rows.value`` how many distinct minutes were seen;
    ``last_minute`` the furthest of them.
    """

    rows: Rows
    last_minute: NDArray[np.int32]


def collapse(watches: Rows, gap_minutes: int) -> Viewings:
    """Collapse watches, ordered by user, movie and time, into viewings."""
    first, minutes, furthest = collapse_minutes(
        watches.user_id, watches.movie, watches.at, watches.value, gap_minutes * _MINUTE_US
    )
    start = watches.take(first)
    return Viewings(Rows(start.user_id, start.movie, start.at, minutes), furthest)


@dataclass(frozen=True, slots=True)
class Feedback:
    """Ratings and viewings, ordered by user, movie, time, rating, minutes.

    ``rating`` in hundredths of a star, ``UNRATED`` for a viewing; ``minutes`` 0 for a rating.
    """

    user_id: NDArray[np.int64]
    movie: NDArray[np.int32]
    at: NDArray[np.int64]
    rating: NDArray[np.int32]
    minutes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: NDArray[Any]) -> Self:
        """Return the events at some positions, or where a mask is true."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def first_of_pair(self) -> NDArray[np.bool_]:
        """Say of each event whether it is the first of its user with its movie."""
        first = np.ones(len(self), dtype=np.bool_)
        first[1:] = (self.user_id[1:] != self.user_id[:-1]) | (self.movie[1:] != self.movie[:-1])
        return first


def gather(ratings: Rows, viewings: Rows) -> Feedback:
    """Put ratings and viewings into one order."""
    columns = (
        np.concatenate([ratings.user_id, viewings.user_id]),
        np.concatenate([ratings.movie, viewings.movie]),
        np.concatenate([ratings.at, viewings.at]),
        np.concatenate([ratings.value, np.full(len(viewings), UNRATED, dtype=np.int32)]),
        np.concatenate([np.zeros(len(ratings), dtype=np.int32), viewings.value]),
    )
    return Feedback(*columns).take(order_by(*columns))


def aggregate(feedback: Feedback, movie_ids: list[str], given: GivenIds = OF_THE_LOG) -> pa.Table:
    """Return one row a (user, movie), ordered by both.

    The last rating counts (the highest of several at the same instant), null where there is none;
    minutes add up; the time is that of the last event.
    """
    starts = np.flatnonzero(feedback.first_of_pair())
    events = np.arange(len(feedback))
    last_rated = _reduce(np.maximum, np.where(feedback.rating >= 0, events, -1), starts)
    rating = (feedback.rating[last_rated] / 100).astype(np.float32)
    last = np.append(starts, len(feedback))[1:] - 1
    return pa.table(
        {
            "user_id": given.user_column(feedback.user_id[starts]),
            "movie_id": movie_column(feedback.movie[starts], movie_ids),
            "at": timestamps(feedback.at[last]),
            "rating": pa.array(rating, mask=last_rated < 0),
            "minutes": _reduce(np.add, feedback.minutes, starts).astype(np.int32),
        }
    )


def _reduce(function: np.ufunc, values: NDArray[Any], starts: NDArray[Any]) -> NDArray[Any]:
    """Reduce runs of values; ``reduceat`` cannot take none."""
    return function.reduceat(values, starts) if len(starts) else values[:0]
