"""MovieLens ratings in bulk: read, put in the order of time, written as event lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv
from tqdm import tqdm

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.lines import event_lines, texts_of
from marquee.ingest.movielens.catalogue import Catalogue
from marquee.ingest.movielens.layouts import Layout

_END_OF_TIME = 253_402_300_800  # the year 10000
_HEADER = b"userId,movieId,rating,timestamp"
_TYPES = {"user": pa.int64(), "movie": pa.int64(), "rating": pa.float64(), "at": pa.int64()}
_FIELDS = (rb"\d{1,18}", rb"\d{1,18}", rb"\d{1,2}(?:\.\d{1,2})?", rb"\d{1,18}")


@dataclass(frozen=True, slots=True)
class Ratings:
    """One row a rating, in the order of time: seconds since 1970, user id, position in the
    catalogue, position on the scale. ``unreadable`` lines, newlines kept, have no place in time.
    """

    at: NDArray[np.int64]
    user_id: NDArray[np.int64]
    movie_idx: NDArray[np.int32]
    rating_idx: NDArray[np.int8]
    unreadable: list[bytes]


def read_ratings(blocks: Iterable[bytes], layout: Layout, catalogue: Catalogue) -> Ratings:
    """Read all ratings; ties in time keep the order of the file.

    A line of other fields, of a rating off the scale, or of a movie that the catalogue lacks is
    unreadable. No readable line at all is a :class:`DataError`.
    """
    unreadable: list[bytes] = []
    pieces = [
        _readable(block, layout, catalogue, unreadable)
        for block in tqdm(_without_header(blocks, layout), unit="block", disable=None)
    ]
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    if not len(columns[0]):
        raise DataError(f"{layout.ratings}: no rating can be read, such as {unreadable[0][:80]!r}")
    order = np.argsort(columns[0], kind="stable")
    at, user_id, movie_idx, rating_idx = (column[order] for column in columns)
    return Ratings(at, user_id, movie_idx, rating_idx, unreadable)


def event_blocks(ratings: Ratings, scale: RatingScale, catalogue: Catalogue) -> Iterator[bytes]:
    """Write the ratings as lines of the event log, then the unreadable ones as they are."""
    steps = round((scale.max - scale.min) / scale.step) + 1
    values = [f"{scale.min + scale.step * step:g}\n" for step in range(steps)]
    requests = pa.array([f"GET /rate/{movie_id}=" for movie_id in catalogue.movie_ids])
    yield from event_lines(
        pa.array(ratings.at, pa.timestamp("s")),
        pa.array(ratings.user_id),
        (requests, pa.array(ratings.movie_idx)),
        texts_of(ratings.rating_idx.astype(np.int32), values),
    )
    yield b"".join(ratings.unreadable)


def _without_header(blocks: Iterable[bytes], layout: Layout) -> Iterator[bytes]:
    blocks = iter(blocks)
    if layout.has_header:
        header, _, rest = next(blocks).partition(b"\n")
        if not header.startswith(_HEADER):
            raise DataError(
                f"{layout.ratings}: expected a first line {_HEADER.decode()}, found {header[:80]!r}"
            )
        yield rest
    yield from blocks


def _readable(
    block: bytes, layout: Layout, catalogue: Catalogue, unreadable: list[bytes]
) -> tuple[NDArray[Any], ...]:
    table = _table(block, layout.separator)
    if table is None:
        block, table = _filtered(block, layout.separator, unreadable)
    user, movie, rating, at = (table[name].to_numpy() for name in _TYPES)
    scale, numbers = layout.scale, catalogue.numbers
    movie_idx = np.searchsorted(numbers, movie).clip(max=len(numbers) - 1)
    step = np.rint((rating - scale.min) / scale.step)
    good = (numbers[movie_idx] == movie) & (user >= 0) & (at >= 0) & (at < _END_OF_TIME)
    good &= (scale.min + step * scale.step == rating) & (scale.min <= rating)
    good &= rating <= scale.max
    if not good.all():
        lines = block.split(b"\n")
        unreadable += (lines[row] + b"\n" for row in np.flatnonzero(~good))
    return at[good], user[good], movie_idx[good].astype(np.int32), step[good].astype(np.int8)


def _table(block: bytes, separator: str) -> pa.Table | None:
    """Read a block in which every line is a rating, or return None.

    Arrow divides at one character only: of ``::`` it sees an empty column in between.
    """
    gaps = {f"gap{i}": pa.string() for i in range(3)} if separator == "::" else {}
    names = _between(list(_TYPES), list(gaps))
    try:
        table = csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(column_names=names, use_threads=False),
            csv.ParseOptions(delimiter=separator[0], quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types=_TYPES | gaps, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    filled = any(pc.any(pc.not_equal(table[gap], "")).as_py() for gap in gaps)
    return None if filled or table.num_rows != block.count(b"\n") else table


def _between(names: list[str], gaps: list[str]) -> list[str]:
    return [name for pair in zip_longest(names, gaps) for name in pair if name]


def _filtered(block: bytes, separator: str, unreadable: list[bytes]) -> tuple[bytes, pa.Table]:
    """Take out the lines that are no rating, so that the rest can be read."""
    pattern = re.compile(separator.encode().join(_FIELDS) + rb"\r?\n")
    good: list[bytes] = []
    for text in block[:-1].split(b"\n"):
        line = text + b"\n"
        (good if pattern.fullmatch(line) else unreadable).append(line)
    block = b"".join(good)
    table = _table(block, separator) if good else pa.schema(_TYPES).empty_table()
    return block, table
