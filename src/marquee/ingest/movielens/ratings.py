"""MovieLens ratings in bulk: read, put in the order of time, written as event lines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv
from tqdm import tqdm

from marquee.errors import DataError
from marquee.events import Fault, RatingScale
from marquee.ingest.lines import event_lines, texts_of
from marquee.ingest.metadata import Rejected
from marquee.ingest.movielens.catalogue import Catalogue
from marquee.ingest.movielens.faults import fault_of, reject
from marquee.ingest.movielens.layouts import Layout

_END_OF_TIME = 253_402_300_800  # the year 10000
_HEADER = b"userId,movieId,rating,timestamp"
_OTHER_TABLES = "ingest.source = ratings reads other ids, times and columns (`marquee init FILE`)"
_TYPES = {"user": pa.int64(), "movie": pa.int64(), "rating": pa.float64(), "at": pa.int64()}


@dataclass(frozen=True, slots=True)
class Ratings:
    """One row a rating, in the order of time: seconds since 1970, user id, position in the
    catalogue, position on the scale. ``rejected`` lines, in the order of the file, have no place in
    time.
    """

    at: NDArray[np.int64]
    user_id: NDArray[np.int64]
    movie_idx: NDArray[np.int32]
    rating_idx: NDArray[np.int8]
    rejected: list[Rejected]


def read_ratings(blocks: Iterable[bytes], layout: Layout, catalogue: Catalogue) -> Ratings:
    """Read all ratings; ties in time keep the order of the file.

    A line of other fields, of a rating off the scale, or of a movie that the catalogue lacks is
    rejected. If all are it is a :class:`DataError`.
    """
    rejected: list[Rejected] = []
    first, pieces = 1 + layout.has_header, []
    for block in tqdm(_without_header(blocks, layout), unit="block", disable=None):
        pieces.append(_readable(block, first, layout, catalogue, rejected))
        first += block.count(b"\n")
    rejected.sort(key=lambda row: row.line_number)
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    if not columns or not len(columns[0]):
        raise DataError(f"no rating can be read{_reasons(rejected)}")
    order = np.argsort(columns[0], kind="stable")
    at, user_id, movie_idx, rating_idx = (column[order] for column in columns)
    return Ratings(at, user_id, movie_idx, rating_idx, rejected)


def _reasons(rejected: list[Rejected]) -> str:
    if not rejected:
        return ": there is no line but the header"
    counts = Counter(row.reason for row in rejected)
    found = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    return f": {found}; the first is {rejected[0]}; {_OTHER_TABLES}"


def event_blocks(ratings: Ratings, scale: RatingScale, catalogue: Catalogue) -> Iterator[bytes]:
    """Write the ratings as lines of the event log."""
    steps = round((scale.max - scale.min) / scale.step) + 1
    values = [f"{scale.min + scale.step * step:g}\n" for step in range(steps)]
    requests = pa.array([f"GET /rate/{movie_id}=" for movie_id in catalogue.movie_ids])
    return event_lines(
        pa.array(ratings.at, pa.timestamp("s")),
        pa.array(ratings.user_id),
        (requests, pa.array(ratings.movie_idx)),
        texts_of(ratings.rating_idx.astype(np.int32), values),
    )


def _without_header(blocks: Iterable[bytes], layout: Layout) -> Iterator[bytes]:
    blocks = iter(blocks)
    if layout.has_header:
        header, _, rest = next(blocks).partition(b"\n")
        if not header.startswith(_HEADER):
            raise DataError(
                f"{layout.ratings}: expected a first line {_HEADER.decode()}, found "
                f"{header[:80]!r}; {_OTHER_TABLES}"
            )
        blocks = chain([rest] if rest else [], blocks)
    yield from blocks


def _readable(
    block: bytes, first: int, layout: Layout, catalogue: Catalogue, rejected: list[Rejected]
) -> tuple[NDArray[Any], ...]:
    """Read a block whose first line has the number ``first``."""
    table, lines = _table(block, layout.separator), np.arange(first, first + block.count(b"\n"))
    if table is None:
        block, table, lines = _filtered(block, first, layout, rejected)
    user, movie, rating, at = (table[name].to_numpy() for name in _TYPES)
    scale, numbers = layout.scale, catalogue.numbers
    movie_idx = np.searchsorted(numbers, movie).clip(max=len(numbers) - 1)
    step = np.rint((rating - scale.min) / scale.step)
    on_scale = (scale.min + step * scale.step == rating) & (scale.min <= rating)
    holds = {
        Fault.USER_ID: user >= 0,
        Fault.MOVIE_ID: numbers[movie_idx] == movie,
        Fault.RATING: on_scale & (rating <= scale.max),
        Fault.TIMESTAMP: (at >= 0) & (at < _END_OF_TIME),
    }
    good = np.logical_and.reduce(list(holds.values()))
    if not good.all():
        texts = block.split(b"\n")
        for row in np.flatnonzero(~good).tolist():
            line = texts[row].removesuffix(b"\r")
            fault = fault_of(line, layout.separator) or next(
                fault for fault, held in holds.items() if not held[row]
            )
            rejected.append(reject(line, int(lines[row]), fault, layout))
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


def _filtered(
    block: bytes, first: int, layout: Layout, rejected: list[Rejected]
) -> tuple[bytes, pa.Table, NDArray[np.int64]]:
    """Take out the lines that are no rating, so that the rest, by number, can be read."""
    good: list[bytes] = []
    lines: list[int] = []
    for number, text in enumerate(block[:-1].split(b"\n"), first):
        line = text.removesuffix(b"\r")
        if fault := fault_of(line, layout.separator):
            rejected.append(reject(line, number, fault, layout))
        else:
            good.append(line + b"\n")
            lines.append(number)
    block = b"".join(good)
    table = _table(block, layout.separator) if good else pa.schema(_TYPES).empty_table()
    return block, table, np.array(lines, np.int64)
