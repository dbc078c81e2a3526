"""The genres of a catalogue's movies, from the metadata table."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from marquee.models.fitted import positions


def read_genres(path: Path, movie_ids: NDArray[np.str_]) -> NDArray[np.uint8]:
    """Return which genres each movie has, uint8 [len(movie_ids), n_genres] of 0 and 1.

    ``movie_ids`` are sorted and unique. Genres are ordered by name; a movie without metadata has
    none.
    """
    table = pq.read_table(path, columns=["movie_id", "genres"])
    movie = positions(movie_ids, np.array(table["movie_id"].to_pylist(), np.str_))
    listed = pc.list_parent_indices(table["genres"].combine_chunks()).to_numpy()
    names, genre = np.unique(
        np.array(pc.list_flatten(table["genres"]).to_pylist(), np.str_), return_inverse=True
    )
    known = movie[listed] >= 0
    genres = np.zeros((len(movie_ids), len(names)), np.uint8)
    genres[movie[listed[known]], genre[known]] = 1
    return genres
