"""What a model's movies are called: titles, years and genres, beside the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from marquee.artifacts import read_json, write_json
from marquee.errors import DataError, ModelError

_COLUMNS = ("titles", "years", "genres")


def read_metadata(path: Path) -> pa.Table:
    """Read what a catalogue takes of a table of movies; :class:`DataError` where there is none."""
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, columns=["movie_id", "title", "year", "genres"])
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, expected a table of movies") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: expected a table of movies, found {error}") from None


class Movie(NamedTuple):
    """A movie as people know it; ``title`` is its id where nothing else is known."""

    movie_id: str
    title: str
    year: int | None
    genres: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Catalogue:
    """Each list has an entry a movie of ``movie_ids``; None and [] where nothing is known."""

    movie_ids: NDArray[np.str_]
    titles: Sequence[str | None]
    years: Sequence[int | None]
    genres: Sequence[Sequence[str]]

    @classmethod
    def of(cls, movies: pa.Table, movie_ids: NDArray[np.str_]) -> Self:
        """Take the rows of ``movie_ids`` out of a table with movie_id, title, year and genres."""
        wanted = pa.array(movie_ids.tolist(), pa.string())
        at = pc.index_in(wanted, movies["movie_id"].cast(pa.string()).combine_chunks())
        found = [movies[name].combine_chunks().take(at) for name in ("title", "year", "genres")]
        titles, years, genres = (column.to_pylist() for column in found)
        return cls(movie_ids, titles, years, [names or [] for names in genres])

    def __getitem__(self, movie: int) -> Movie:
        """Return the movie at a position."""
        movie_id = str(self.movie_ids[movie])
        title = self.titles[movie] or movie_id
        return Movie(movie_id, title, self.years[movie], tuple(self.genres[movie]))

    def save(self, path: Path) -> None:
        """Write the lists as canonical JSON; the ids are the model's own."""
        write_json(path, {name: getattr(self, name) for name in _COLUMNS})

    @classmethod
    def load(cls, path: Path, movie_ids: NDArray[np.str_]) -> Self:
        """Read what :meth:`save` wrote; :class:`ModelError` where it is missing or damaged."""
        try:
            columns: Any = read_json(path)
            lists = [columns[name] for name in _COLUMNS]
            sizes = [len(column) for column in lists]
        except (DataError, OSError) as error:
            raise ModelError(str(error)) from None
        except (KeyError, TypeError):
            raise ModelError(f"{path}: expected {', '.join(_COLUMNS)} of movies") from None
        if any(size != len(movie_ids) for size in sizes):
            raise ModelError(f"{path}: expected {len(movie_ids)} movies, as many as the model has")
        return cls(movie_ids, *lists)
