"""The movies and users of a MovieLens data set as metadata."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from marquee.ingest.metadata import Rejected, Row, UnreadableRow, encode, movie, user
from marquee.ingest.movielens.archive import DataSet
from marquee.ingest.movielens.layouts import Layout
from marquee.ingest.movielens.records import Movie, csv_link
from marquee.ingest.movielens.titles import movie_ids

_LINKS = "links.csv"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Movies by number, ascending: ``movie_ids[i]`` is the movie id of ``numbers[i]``."""

    numbers: NDArray[np.int64]
    movie_ids: list[str]
    rows: list[bytes | Rejected]


def read_catalogue(files: DataSet, layout: Layout) -> Catalogue:
    """Read the movies, with their ids in other databases where ``links.csv`` is there.

    Of two movies with one number the first counts.
    """
    movies: dict[int, Movie] = {}

    def record(text: str) -> Movie:
        found = layout.movie(text)
        if movies.setdefault(found.number, found) is not found:
            raise UnreadableRow("a number that an earlier movie has")
        return found

    rejected = [
        row for row in _records(files, layout.movies, layout, record) if isinstance(row, Rejected)
    ]
    ids = movie_ids((number, found.title, found.year) for number, found in movies.items())
    links = dict(_links(files, layout, rejected))
    numbers = sorted(movies)
    rows = [encode(_metadata(movies[n], ids[n], links.get(n, {}))) for n in numbers]
    return Catalogue(np.array(numbers, np.int64), [ids[n] for n in numbers], [*rows, *rejected])


def read_people(files: DataSet, layout: Layout) -> Iterator[bytes | Rejected]:
    """Read the users; a layout without any gives none."""
    if layout.user and layout.users:
        parse = layout.user
        yield from _records(files, layout.users, layout, lambda text: encode(user(parse(text))))


def _metadata(found: Movie, movie_id: str, links: Row) -> dict[str, Any]:
    return movie(
        {
            "id": movie_id,
            "movielens_id": found.number,
            **links,
            "title": found.title,
            "year": found.year,
            "genres": list(found.genres),
            **found.more,
        }
    )


def _links(
    files: DataSet, layout: Layout, rejected: list[Rejected]
) -> Iterator[tuple[int, dict[str, Any]]]:
    if _LINKS in files:
        for row in _records(files, _LINKS, layout, csv_link):
            if isinstance(row, Rejected):
                rejected.append(row)
            else:
                yield row


def _records(
    files: DataSet, name: str, layout: Layout, parse: Callable[[str], T]
) -> Iterator[T | Rejected]:
    for number, line in enumerate(files.lines(name), 1):
        if number == 1 and layout.has_header:
            continue
        try:
            yield parse(line.decode(layout.encoding))
        except (UnreadableRow, UnicodeDecodeError) as error:
            reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            yield Rejected(name, number, reason, line.decode(errors="backslashreplace"))
