"""The bulk parser: lines in, columns out, equal to the line parser on every line."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.events import (
    Account,
    MalformedLine,
    Rating,
    RatingScale,
    Recommendation,
    Watch,
    parse_line,
)
from marquee.tables.columns import QUARANTINE, RECOMMENDATIONS, SERVED, Events, Rows
from marquee.tables.cores import count_cores
from marquee.tables.raw import Chunk
from marquee.tables.scan import RATING, SLOW, WATCH, scan_lines

_ACCOUNT = 3
# Not one for each of many cores: every worker holds a chunk.
_WORKERS = min(2, count_cores())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class _Scan:
    """What :func:`marquee.tables.scan.scan_lines` fills, an entry a line."""

    kind: NDArray[np.int8]
    at: NDArray[np.int64]
    user_id: NDArray[np.int64]
    movie: NDArray[np.int32]
    value: NDArray[np.int32]
    starts: NDArray[np.int64]

    def rows(self, kind: int) -> Rows:
        rows = np.flatnonzero(self.kind == kind)
        return Rows(self.user_id[rows], self.movie[rows], self.at[rows], self.value[rows])


def parse_chunk(chunk: Chunk, scale: RatingScale) -> Events:
    """Parse whole lines; the last one may lack its newline, and no bytes are no lines."""
    data = chunk.data
    columns, movie_ids = _scan(data, scale)
    movies = {movie_id: position for position, movie_id in enumerate(movie_ids)}
    answers: list[Recommendation] = []
    damaged: list[tuple[int, str, bytes]] = []
    for i in np.flatnonzero(columns.kind == SLOW).tolist():
        start = int(columns.starts[i])
        line = data[start : columns.starts[i + 1] - 1]
        try:
            event = parse_line(line, scale)
        except MalformedLine as error:
            damaged.append((chunk.offset + start, str(error.fault), line))
            continue
        if isinstance(event, Recommendation):
            answers.append(event)
        else:
            _put(event, i, columns, movies)
    return Events(
        lines=len(columns.kind),
        movie_ids=list(movies),
        watches=columns.rows(WATCH),
        ratings=columns.rows(RATING),
        accounts=columns.rows(_ACCOUNT),
        recommendations=_recommendations(answers),
        quarantine=_quarantine(chunk.part, damaged),
    )


def _scan(data: bytes, scale: RatingScale) -> tuple[_Scan, list[str]]:
    octets = np.frombuffer(data, dtype=np.uint8)
    lines = np.count_nonzero(octets == ord("\n")) + (data != b"" and not data.endswith(b"\n"))
    int64, int32 = np.dtype(np.int64), np.dtype(np.int32)
    columns = (
        np.zeros(lines, dtype=np.int8),
        *(np.empty(lines, dtype=dtype) for dtype in (int64, int64, int32, int32)),
        np.empty(lines + 1, dtype=int64),
    )
    movies, spans = scan_lines(octets, _accepted(scale), columns)
    movie_ids = [data[begin:end].decode("ascii") for begin, end in spans[:movies].tolist()]
    return _Scan(*columns), movie_ids


@lru_cache
def _accepted(scale: RatingScale) -> NDArray[np.bool_]:
    """Say of each rating from 0 to 99.99, in hundredths, whether it is on the scale."""
    return np.array([hundredths / 100 in scale for hundredths in range(10_000)])


def _put(event: Watch | Rating | Account, i: int, columns: _Scan, movies: dict[str, int]) -> None:
    columns.at[i] = (event.at - _EPOCH) // timedelta(microseconds=1)
    columns.user_id[i] = event.user_id
    columns.movie[i] = columns.value[i] = 0
    match event:
        case Watch():
            columns.kind[i], columns.value[i] = WATCH, event.minute
        case Rating():
            columns.kind[i], columns.value[i] = RATING, round(event.value * 100)
        case Account():
            columns.kind[i] = _ACCOUNT
            return
    columns.movie[i] = movies.setdefault(event.movie_id, len(movies))


def _recommendations(answers: list[Recommendation]) -> pa.Table:
    return pa.Table.from_pylist([_row(answer) for answer in answers], RECOMMENDATIONS)


def _row(answer: Recommendation) -> dict[str, object]:
    names = RECOMMENDATIONS.names
    row = {name: getattr(answer, name) for name in names if name not in SERVED}
    if answer.served:
        row |= {name: getattr(answer.served, name) for name in SERVED}
        row["request_id"] = str(answer.served.request_id)
    return row


def _quarantine(part: str, damaged: list[tuple[int, str, bytes]]) -> pa.Table:
    offsets, reasons, lines = zip(*damaged, strict=True) if damaged else ((), (), ())
    return pa.table([[part] * len(damaged), offsets, reasons, lines], schema=QUARANTINE)


def in_order(work: Callable[[In], Out], items: Iterable[In]) -> Iterator[tuple[In, Out]]:
    """Do work in threads, few items ahead; yield each item and its result in the items' order."""
    waiting: deque[tuple[In, Future[Out]]] = deque()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > _WORKERS:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()
