"""The source ``ratings``: tables of ratings or clicks, with or without times and metadata."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.errors import DataError
from marquee.events import is_user_id
from marquee.ingest.inputs import expect_below
from marquee.ingest.metadata import Rejected
from marquee.ingest.ratings.columns import MOVIES, RATINGS, USERS, Chosen, Given, Kind, choose
from marquee.ingest.ratings.events import event_blocks
from marquee.ingest.ratings.formats import open_table
from marquee.ingest.ratings.metadata import Record, movie_rows, read_records, user_rows
from marquee.ingest.ratings.reader import Interactions, Reader
from marquee.ingest.ratings.table import Table
from marquee.ingest.snapshot import Origin, Snapshot
from marquee.params import IngestParams, RatingsParams


def read_ratings(params: IngestParams, input_folder: Path, snapshot: Snapshot) -> Origin:
    """Write ratings and interactions as events in the order of time, and metadata beside them.

    Ids stay as given: users that are no whole numbers, and all movies, are numbered in the log.
    """
    given = params.ratings
    rows, files = _interactions(given, input_folder)
    users = _records(USERS, given.users.path, given.users.columns.model_dump(), input_folder)
    movies = _records(MOVIES, given.movies.path, given.movies.columns.model_dump(), input_folder)
    user_numbers = _user_numbers(rows.user_ids, users, snapshot)
    movie_ids = _united(rows.movie_ids, movies)
    snapshot.write_ids("movies", movie_ids)
    movie_numbers = {text: number for number, text in enumerate(movie_ids)}
    blocks = event_blocks(
        rows, _array(rows.user_ids, user_numbers), _array(rows.movie_ids, movie_numbers)
    )
    snapshot.write_events(blocks, rows.scale, timed=rows.at is not None)
    snapshot.write_rejected_events(rows.rejected)
    origin: Origin = {"events": files}
    if users:
        snapshot.write_users(user_rows(users.file["name"], users.records, user_numbers))
        origin["users"] = users.file
    if movies:
        snapshot.write_movies(movie_rows(movies.file["name"], movies.records, movie_numbers))
        origin["movies"] = movies.file
    return origin


@dataclass(frozen=True, slots=True)
class Records:
    """A table of users or movies, and what the manifest says of it."""

    records: Sequence[Record | Rejected]
    file: dict[str, Any]


def _interactions(given: RatingsParams, folder: Path) -> tuple[Interactions, list[dict[str, Any]]]:
    paths = [given.paths] if isinstance(given.paths, str) else given.paths
    if not paths:
        raise DataError(
            "ingest.ratings.paths names no file: marquee init FILE sets it, or write paths: "
            f"{folder}/NAME"
        )
    reader = Reader(given.scale.scale if given.scale else None)
    files = []
    for path in dict.fromkeys(paths):
        table, chosen = open_input(path, folder, RATINGS, given.columns.model_dump())
        times = reader.read(table, chosen)
        files.append(described(table, chosen) | {"times": times})
    return reader.finish(), files


def _records(kind: Kind, path: str | None, given: Given, folder: Path) -> Records | None:
    if path is None:
        return None
    table, chosen = open_input(path, folder, kind, given)
    records = list(read_records(table, chosen, kind.required[0]))
    return Records(records, described(table, chosen))


def open_input(path: str, folder: Path, kind: Kind, given: Given) -> tuple[Table, Chosen]:
    """Open a table below the input folder, named by its path there, and choose its columns."""
    file = expect_below(folder, path, kind.path_key)
    table = open_table(file, Path(os.path.relpath(file, folder)).as_posix(), kind, given)
    return table, choose(table.columns, kind, given, path)


def described(table: Table, chosen: Chosen) -> dict[str, Any]:
    """Say which file was read, as what, and what its columns were taken for."""
    columns = {role: table.columns[i] for role, i in chosen.items()}
    return {**table.describe(), "format": table.format, "columns": columns}


def _user_numbers(ids: Sequence[str], known: Records | None, snapshot: Snapshot) -> dict[str, int]:
    """Return the number of each user in the log: the id itself where all are whole numbers."""
    every = _united(ids, known)
    if all(map(is_user_id, every)):
        return {text: int(text) for text in every}
    snapshot.write_ids("users", every)
    return {text: number for number, text in enumerate(every)}


def _united(ids: Iterable[str], known: Records | None) -> list[str]:
    more = [record.id for record in known.records if isinstance(record, Record)] if known else []
    return sorted({*ids, *more})


def _array(ids: Sequence[str], numbers: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([numbers[text] for text in ids], np.int64)
