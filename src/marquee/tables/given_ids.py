"""From the numbers of the log to the ids that the source gave, in one place.

What has the ids of the log is passed on as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from marquee.errors import DataError
from marquee.tables.columns import ID, Events
from marquee.tables.ids import MOVIE_IDS, USER_IDS
from marquee.tables.metadata import Metadata
from marquee.tables.raw import Snapshot

_MOVIE_NUMBER = re.compile(r"(0|[1-9]\d{0,8})\+", re.ASCII)


@dataclass(frozen=True, slots=True)
class GivenIds:
    """The ids of users and of movies by number, ascending; None where the log has the ids itself.

    ``folder`` is that of the snapshot, for messages.
    """

    users: Sequence[str] | None = None
    movies: Sequence[str] | None = None
    folder: Path = Path()

    @property
    def user_type(self) -> pa.DataType:
        """The type of a column of user ids in the tables."""
        return pa.int64() if self.users is None else ID

    def events(self, events: Events) -> Events:
        """Name the movies of events; users keep their numbers, whose order is that of their ids.

        A number that the snapshot has no id for is a :class:`DataError`.
        """
        for kind in (events.watches, events.ratings, events.accounts):
            self._expect_users(kind.user_id)
        self._expect_users(events.recommendations["user_id"].to_numpy())
        if self.movies is None:
            return events
        answers = events.recommendations
        shown = answers["movie_ids"].combine_chunks()
        named = pa.ListArray.from_arrays(
            shown.offsets, pa.array(self._movies(shown.values.to_pylist()), pa.string())
        )
        column = answers.column_names.index("movie_ids")
        return replace(
            events,
            movie_ids=self._movies(events.movie_ids),
            recommendations=answers.set_column(column, "movie_ids", named),
        )

    def user_column(self, user_id: NDArray[np.int64]) -> pa.Array:
        """Return the column of the tables for users of the log."""
        if self.users is None:
            return pa.array(user_id)
        return pa.DictionaryArray.from_arrays(
            pa.array(user_id.astype(np.int32)), pa.array(self.users, pa.string())
        )

    def user_table(self, users: Metadata) -> Metadata:
        """Name the users of a table of metadata."""
        if self.users is None:
            return users
        numbers = users.table["user_id"].to_numpy()
        self._expect_users(numbers)
        table = users.table.set_column(0, "user_id", self.user_column(numbers))
        return replace(users, table=table)

    def movie_table(self, movies: Metadata) -> Metadata:
        """Name the movies of a table of metadata, and order it by their ids."""
        if self.movies is None:
            return movies
        ids = pa.array(self._movies(movies.table["movie_id"].to_pylist()), pa.string())
        table = movies.table.set_column(0, "movie_id", ids)
        return replace(movies, table=table.take(pc.sort_indices(ids)))

    def _movies(self, numbers: Sequence[str]) -> list[str]:
        return [self._movie(number) for number in numbers]

    def _movie(self, number: str) -> str:
        match = _MOVIE_NUMBER.fullmatch(number)
        at = int(match[1]) if match else -1
        if self.movies is None or not 0 <= at < len(self.movies):
            raise self._without_id(MOVIE_IDS, f"movie {number!r}")
        return self.movies[at]

    def _expect_users(self, user_id: NDArray[np.int64]) -> None:
        last = int(user_id.max(initial=-1))
        if self.users is not None and last >= len(self.users):
            raise self._without_id(USER_IDS, f"user {last}")

    def _without_id(self, part: str, found: str) -> DataError:
        return DataError(
            f"{self.folder / part}: it has no id for {found} of the log: damaged, run ingest again"
        )


OF_THE_LOG = GivenIds()


def read_given_ids(snapshot: Snapshot) -> GivenIds:
    """Read the ids of a snapshot."""
    return GivenIds(snapshot.ids(USER_IDS), snapshot.ids(MOVIE_IDS), snapshot.folder)
