"""The bulk parser: lines in, columns out, equal to the line parser on every line."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from marquee.tables.raw import REJECTED_EVENTS, Chunk, RejectedEvent
from marquee.tables.scan import RATING, SLOW, WATCH, scan_lines

ACCOUNT = 3
# Not one for each of many cores: every worker holds a chunk.
_WORKERS = min(2, count_cores())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Lines:
    """What each line says, an entry a line; where it is no event of a kind, nothing is meant.

    ``kind`` is ``WATCH``, ``RATING``, ``ACCOUNT``, or ``SLOW`` for answers and damage, which stand
    in lists of their own under the number of their line. ``at``, ``user_id``, ``movie`` (a
    position in ``movie_ids``) and ``value`` are as in :class:`~marquee.tables.columns.Rows`; line
    ``i`` is what stands between byte ``starts[i]`` and the newline before ``starts[i + 1]``.
    """

    movie_ids: list[str]
    answers: list[tuple[int, Recommendation]]
    damaged: list[tuple[int, str]]
    kind: NDArray[np.int8]
    at: NDArray[np.int64]
    user_id: NDArray[np.int64]
    movie: NDArray[np.int32]
    value: NDArray[np.int32]
    starts: NDArray[np.int64]

    def rows(self, kind: int) -> Rows:
        """Return the events of one kind, in order."""
        rows = np.flatnonzero(self.kind == kind)
        return Rows(self.user_id[rows], self.movie[rows], self.at[rows], self.value[rows])


def parse_chunk(chunk: Chunk, scale: RatingScale) -> Events:
    """Parse whole lines; the last one may lack its newline, and no bytes are no lines."""
    lines = parse_lines(chunk.data, scale)
    starts = lines.starts
    damaged = [
        (chunk.offset + int(starts[i]), reason, chunk.data[starts[i] : starts[i + 1] - 1])
        for i, reason in lines.damaged
    ]
    return Events(
        lines=len(lines.kind),
        movie_ids=lines.movie_ids,
        watches=lines.rows(WATCH),
        ratings=lines.rows(RATING),
        accounts=lines.rows(ACCOUNT),
        recommendations=_recommendations([answer for _, answer in lines.answers]),
        quarantine=_quarantine(chunk.part, damaged),
    )


def parse_lines(data: bytes, scale: RatingScale) -> Lines:
    """Parse whole lines as :func:`parse_chunk` does, keeping the place of each."""
    lines = _scan(data, scale)
    movies = {movie_id: position for position, movie_id in enumerate(lines.movie_ids)}
    for i in np.flatnonzero(lines.kind == SLOW).tolist():
        try:
            event = parse_line(data[lines.starts[i] : lines.starts[i + 1] - 1], scale)
        except MalformedLine as error:
            lines.damaged.append((i, str(error.fault)))
            continue
        if isinstance(event, Recommendation):
            lines.answers.append((i, event))
        else:
            _put(event, i, lines, movies)
    return replace(lines, movie_ids=list(movies))


def quarantined(rejected: Sequence[tuple[int, RejectedEvent]]) -> Events:
    """Return rows that ingest rejected as events: so many lines, all of them in quarantine."""
    nothing = parse_chunk(Chunk("", 0, b""), RatingScale())
    damaged = [(offset, str(row.reason), row.row.encode()) for offset, row in rejected]
    table = _quarantine(REJECTED_EVENTS, damaged)
    return replace(nothing, lines=len(damaged), quarantine=table)


def _scan(data: bytes, scale: RatingScale) -> Lines:
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
    return Lines(movie_ids, [], [], *columns)


@lru_cache
def _accepted(scale: RatingScale) -> NDArray[np.bool_]:
    """Say of each rating from 0 to 99.99, in hundredths, whether it is on the scale."""
    return np.array([hundredths / 100 in scale for hundredths in range(10_000)])


def _put(event: Watch | Rating | Account, i: int, columns: Lines, movies: dict[str, int]) -> None:
    columns.at[i] = (event.at - _EPOCH) // timedelta(microseconds=1)
    columns.user_id[i] = event.user_id
    columns.movie[i] = columns.value[i] = 0
    match event:
        case Watch():
            columns.kind[i], columns.value[i] = WATCH, event.minute
        case Rating():
            columns.kind[i], columns.value[i] = RATING, round(event.value * 100)
        case Account():
            columns.kind[i] = ACCOUNT
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
