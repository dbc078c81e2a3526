"""Records into events: the bulk parser, and quarantine for what is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from marquee.events import Fault, RatingScale, Recommendation
from marquee.tables.parse import ACCOUNT, Lines, parse_lines
from marquee.tables.scan import RATING, SLOW, WATCH
from marquee.telemetry.records import Record
from marquee.telemetry.times import microseconds

QUARANTINED, ANSWER = SLOW, ACCOUNT + 1
FUTURE = timedelta(minutes=5)
"""How far ahead of the writer's clock an event may be."""
LONGEST_NAME = 1_000
"""Bytes of a movie id or a server: PostgreSQL cannot index three times as many."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What records say, an entry a record.

    ``lines`` is as the bulk parser has it, but for this: ``kind`` is ``ANSWER`` where an answer
    is meant and ``at`` holds its time; ``QUARANTINED`` is whatever has a reason in
    ``quarantine``, by its place.
    """

    records: Sequence[Record]
    partition: NDArray[np.int32]
    lines: Lines
    quarantine: dict[int, str]

    @property
    def answers(self) -> list[tuple[int, Recommendation]]:
        """The answers that are not in quarantine, by place."""
        return [pair for pair in self.lines.answers if pair[0] not in self.quarantine]


def decode(records: Sequence[Record], scale: RatingScale, now: datetime) -> Decoded:
    """Parse records; each is an event or in quarantine, none is left out.

    Beside what the grammar rejects, quarantine takes a null value (``empty``), one with a newline
    (``torn``), an event more than ``FUTURE`` ahead of ``now`` (``future``), and a movie id or a
    server longer than ``LONGEST_NAME`` (``too_long``).
    """
    values = [record.value or b"" for record in records]
    torn = _blank_torn(values)
    lines = parse_lines(b"\n".join([*values, b""]), scale)
    for place, answer in lines.answers:
        lines.kind[place], lines.at[place] = ANSWER, microseconds(answer.at)
    quarantine = dict(lines.damaged) | dict.fromkeys(torn, str(Fault.TORN))
    events = lines.kind != QUARANTINED
    quarantine |= dict.fromkeys(_places(events & (lines.at > microseconds(now + FUTURE))), "future")
    quarantine |= dict.fromkeys(_overlong(lines), str(Fault.TOO_LONG))
    lines.kind[list(quarantine)] = QUARANTINED
    partition = np.array([record.partition for record in records], dtype=np.int32)
    return Decoded(records, partition, lines, quarantine)


def _blank_torn(values: list[bytes]) -> list[int]:
    """Empty the values that hold a newline, so that each stays one line; return their places."""
    if b"\n" not in b"".join(values):
        return []
    torn = [place for place, value in enumerate(values) if b"\n" in value]
    for place in torn:
        values[place] = b""
    return torn


def _overlong(lines: Lines) -> list[int]:
    long_ids = [len(movie_id) > LONGEST_NAME for movie_id in lines.movie_ids]
    servers = [i for i, answer in lines.answers if len(answer.server.encode()) > LONGEST_NAME]
    if not any(long_ids):
        return servers
    watched = (lines.kind == WATCH) | (lines.kind == RATING)
    overlong = np.zeros(len(lines.kind), dtype=np.bool_)
    overlong[watched] = np.array(long_ids)[lines.movie[watched]]
    return servers + _places(overlong)


def _places(mask: NDArray[np.bool_]) -> list[int]:
    places: list[int] = np.flatnonzero(mask).tolist()
    return places
