"""The layouts in which GroupLens published: ``u.data``, ``ratings.dat``, ``ratings.csv``."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.metadata import Row
from marquee.ingest.movielens.archive import DataSet
from marquee.ingest.movielens.records import (
    Movie,
    csv_movie,
    dat_movie,
    dat_user,
    item_movie,
    item_user,
)

_WHOLE_STARS = RatingScale(1, 5, 1)
_HALF_STARS = RatingScale(0.5, 5, 0.5)
_NAME = re.compile(rb"\bml-(?:latest-small|latest|\d+m)\b")
_READMES = ("README.txt", "README.html", "README.md", "README")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which file holds what, in which encoding, how a line is divided, how a record is read."""

    name: str
    ratings: str
    movies: str
    users: str | None
    separator: str
    has_header: bool
    encoding: str
    scale: RatingScale
    movie: Callable[[str], Movie]
    user: Callable[[str], Row] | None


def recognise(files: DataSet) -> Layout:
    """Say by its files which data set this is.

    The README names those in CSV, which are alike; without one the name is ``ml-csv``.
    """
    if "u.data" in files:
        return Layout(
            name="ml-100k",
            ratings="u.data",
            movies="u.item",
            users="u.user",
            separator="\t",
            has_header=False,
            encoding="latin-1",
            scale=_WHOLE_STARS,
            movie=item_movie,
            user=item_user,
        )
    if "ratings.dat" in files:
        return _dat("ml-1m" if "users.dat" in files else "ml-10m")
    return Layout(
        name=_named(files),
        ratings="ratings.csv",
        movies="movies.csv",
        users=None,
        separator=",",
        has_header=True,
        encoding="utf-8",
        scale=_HALF_STARS,
        movie=csv_movie,
        user=None,
    )


def expect_movies(files: DataSet, layout: Layout) -> None:
    """Raise :class:`DataError` where ratings stand alone: no data set of MovieLens then."""
    if layout.movies not in files:
        table = files.path / layout.ratings if files.path.is_dir() else Path(layout.ratings)
        raise DataError(
            f"{files.path}: {layout.ratings} without {layout.movies}, so no MovieLens data set:"
            f" `marquee init {shlex.quote(str(table))}` reads it as a table of ratings"
            " (ingest.source = ratings)"
        )


def _dat(name: str) -> Layout:
    first = name == "ml-1m"
    return Layout(
        name=name,
        ratings="ratings.dat",
        movies="movies.dat",
        users="users.dat" if first else None,
        separator="::",
        has_header=False,
        encoding="latin-1" if first else "utf-8",
        scale=_WHOLE_STARS if first else _HALF_STARS,
        movie=dat_movie,
        user=dat_user if first else None,
    )


def _named(files: DataSet) -> str:
    for readme in _READMES:
        if readme in files:
            text = b"".join(files.blocks(readme))
            if match := _NAME.search(text):
                return match[0].decode()
    return "ml-csv"
