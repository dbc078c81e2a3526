"""What a file of a user's own is: its source, what params.yaml has to say of it, what it holds."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.commands.log_overview import look_at_log
from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.files import event_files
from marquee.ingest.inputs import InputFile
from marquee.ingest.movielens.archive import opened
from marquee.ingest.movielens.layouts import expect_movies, recognise
from marquee.ingest.ratings.columns import MOVIES, RATINGS, USERS, Chosen, Given, Kind, choose
from marquee.ingest.ratings.formats import open_table
from marquee.ingest.ratings.reader import Interactions, Reader, describe_rejected
from marquee.ingest.ratings.recognise import is_log, tables_below
from marquee.ingest.ratings.table import Table
from marquee.ingest.segments import Segment
from marquee.params import IngestParams

_UNITS = {"s": "seconds", "ms": "milliseconds", "µs": "microseconds", "ns": "nanoseconds"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Overview:
    """A file and its ``source``; ``facts`` are for people. ``timed`` is None where it has no say.

    ``path`` is the file itself, or the one table in a folder.
    """

    path: Path
    source: str
    what: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    timed: bool | None = None
    unreadable_share: float = 0.0
    rating_scale: RatingScale | None = None
    """That of a log's ratings, None where ``ingest.rating_scale`` has no say."""
    users: NDArray[np.int32] | None = None
    """The user of each row, in the order of time."""

    @property
    def users_at_all(self) -> int:
        """How many users have rows."""
        return 0 if self.users is None else len(np.unique(self.users))

    def users_across(self, share: float) -> int:
        """Say how many users are met both in the last ``share`` of the rows and before it."""
        if self.users is None:
            return 0
        cut = round(len(self.users) * (1 - share))
        return len(np.intersect1d(self.users[:cut], self.users[cut:]))


def look_at(path: Path, given: Given, params: IngestParams) -> Overview:
    """Tell a MovieLens data set, a log of events, and a table of ratings apart.

    What is none of them is a :class:`DataError`.
    """
    if path.is_dir() or zipfile.is_zipfile(path):
        return _look_at_many(path, given, params)
    if is_log(path):
        return _look_at_logs(path, "an event log", [InputFile(path)], params)
    return look_at_ratings(path, given, params)


def _look_at_many(path: Path, given: Given, params: IngestParams) -> Overview:
    try:
        with opened(path) as files:
            layout = recognise(files)
            expect_movies(files, layout)
        return Overview(path, "movielens", f"the MovieLens data set {layout.name}")
    except DataError:
        if not path.is_dir():
            _expect_no_spreadsheet(path)
            raise
    tables = list(tables_below(path))
    if len(tables) == 1:
        return look_at_ratings(tables[0], given, params)
    if tables:
        names = ", ".join(str(table) for table in tables)
        raise DataError(f"{path}: several tables of ratings, name one: {names}")
    logs = event_files([str(path)])
    plain = [log.path for log in logs if isinstance(log, InputFile)]
    if plain and not any(map(is_log, plain)):
        raise DataError(f"{path}: no line of {plain[0].name} is an event")
    return _look_at_logs(path, "a folder of event logs", logs, params)


def _expect_no_spreadsheet(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.startswith("xl/") or name == "content.xml" for name in names):
        raise DataError(f"{path}: a spreadsheet: save its sheet as CSV")


def _look_at_logs(
    path: Path, what: str, logs: Sequence[InputFile | Segment], params: IngestParams
) -> Overview:
    """Say what the first block of the first log holds."""
    first = look_at_log(logs[0], params.rating_scale.scale)
    return Overview(
        path,
        "files",
        what,
        first.facts,
        unreadable_share=first.unreadable_share,
        rating_scale=first.scale,
    )


def look_at_ratings(path: Path, given: Given, params: IngestParams) -> Overview:
    """Read a whole table of ratings, and say what was understood."""
    table, chosen = _open(path, RATINGS, given)
    reader = Reader(params.ratings.scale.scale if params.ratings.scale else None)
    spelling = reader.read(table, chosen)
    rows = reader.finish()
    facts = [
        ("rows", _rows(rows)),
        ("columns", _columns(table, chosen)),
        ("users", f"{len(rows.user_ids):,}"),
        ("movies", f"{len(rows.movie_ids):,}"),
        ("ratings", _ratings(rows)),
        ("times", _times(rows, spelling)),
        ("first row", _first(rows)),
    ]
    return Overview(
        path,
        "ratings",
        f"a table of ratings, {table.format}",
        facts,
        rows.at is not None,
        _share(rows),
        users=rows.user,
    )


def look_at_metadata(path: Path, kind: Kind, columns: Given) -> str:
    """Say what a table of users or movies is; one without ids is a :class:`DataError`."""
    table, chosen = _open(path, kind, columns)
    rows = sum(len(batch.line_numbers) for batch in table.batches(chosen))
    return f"{rows:,} rows, {table.format}: {_columns(table, chosen)}"


USERS_AND_MOVIES: Mapping[str, Kind] = {"users": USERS, "movies": MOVIES}


def _open(path: Path, kind: Kind, given: Given) -> tuple[Table, Chosen]:
    table = open_table(path, path.name, kind, given)
    return table, choose(table.columns, kind, given, path)


def _rows(rows: Interactions) -> str:
    good = len(rows.user)
    if not rows.rejected:
        return f"{good:,}"
    return f"{good:,}; {len(rows.rejected):,} cannot be read: {describe_rejected(rows.rejected)}"


def _share(rows: Interactions) -> float:
    return len(rows.rejected) / (len(rows.rejected) + len(rows.user))


def _columns(table: Table, chosen: Chosen) -> str:
    taken = [f"{role}={table.columns[i]}" for role, i in chosen.items()]
    unused = [name for i, name in enumerate(table.columns) if i not in chosen.values()]
    return ", ".join(taken) + (f"; not used: {', '.join(unused)}" if unused else "")


def _ratings(rows: Interactions) -> str:
    rated = int((rows.rating >= 0).sum())
    without = len(rows.rating) - rated
    scale = rows.scale
    found = f"{rated:,} from {scale.min:g} to {scale.max:g} in steps of {scale.step:g}"
    more = f"{without:,} interactions without a rating" if without else ""
    return ", ".join(filter(None, [found if rated else "none", more]))


def _times(rows: Interactions, spelling: str | None) -> str:
    if rows.at is None:
        return "none"
    unit = f"{_UNITS[spelling]} since 1970" if spelling in _UNITS else spelling
    return f"{_time(rows.at[0])} to {_time(rows.at[-1])} ({unit})"


def _first(rows: Interactions) -> str:
    user, movie = rows.user_ids[rows.user[0]], rows.movie_ids[rows.movie[0]]
    rating = int(rows.rating[0])
    done = f"rated movie {movie} with {rating / 100:g}" if rating >= 0 else f"met movie {movie}"
    return f"user {user} {done}" + (f" at {_time(rows.at[0])}" if rows.at is not None else "")


def _time(at: Any) -> str:
    return (_EPOCH + timedelta(microseconds=int(at))).strftime("%Y-%m-%d %H:%M:%S")
