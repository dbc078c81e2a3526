"""Random streams in which everything collides: few users, few movies, times at the borders."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from marquee.events import (
    Account,
    Event,
    Rating,
    Recommendation,
    Served,
    Watch,
    format_event,
)
from marquee.telemetry.records import Record

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 1, 2, tzinfo=UTC)
SLOT = timedelta(minutes=30)
WINDOW = timedelta(hours=1)
MOVIES = ("a+2000", "b+", "m*a*s*h+1970", "4+2005")
EDGES = [timedelta(), *(s * t for s in (1, -1) for t in (timedelta(microseconds=1), SLOT / 9))]


def make_stream(rng: random.Random, *, events: int, partitions: int) -> list[Record]:
    """Return a topic's records, by partition in the order of their offsets."""
    lines = [_line(rng, _event(rng)) for _ in range(events)]
    lines += [rng.choice(lines) for _ in range(events // 4)]
    rng.shuffle(lines)
    logs: dict[int, list[bytes | None]] = {partition: [] for partition in range(partitions)}
    for line in lines:
        logs[rng.randrange(partitions)].append(line)
    return [
        Record(partition, offset, 1_735_700_000_000 + offset, line)
        for partition, log in logs.items()
        for offset, line in enumerate(log)
    ]


def _event(rng: random.Random) -> Event:
    at = BEGIN + rng.randrange(10) * SLOT + rng.choice(EDGES)
    user_id, movie_id = rng.randrange(3), rng.choice(MOVIES)
    match rng.choices(("watch", "rating", "answer", "account"), (6, 2, 4, 1))[0]:
        case "watch":
            return Watch(at, user_id, movie_id, rng.randrange(3))
        case "rating":
            return Rating(at, user_id, movie_id, rng.randint(1, 5))
        case "answer":
            return _answer(rng, at, user_id)
    return Account(at, user_id)


def _answer(rng: random.Random, at: datetime, user_id: int) -> Recommendation:
    movie_ids = tuple(rng.choices(MOVIES, k=rng.randrange(4)))
    latency_ms = rng.randrange(3)
    answer = Recommendation(at, user_id, "a:1", 200, movie_ids, None, latency_ms)
    if rng.random() < 0.2:
        answer = replace(answer, status=0, movie_ids=(), error='late, "very", at a/b:1')
    if rng.random() < 0.5:
        served = Served(UUID(int=rng.randrange(20)), rng.choice("AB"), "v1", rng.random() < 0.5)
        answer = replace(answer, served=served)
    return answer


def _line(rng: random.Random, event: Event) -> bytes | None:
    line = format_event(event).encode()
    if rng.random() > 0.08:
        return line
    place = rng.randrange(len(line))
    return rng.choice(
        (
            None,
            b"",
            line[:place],
            line[:place] + b"\n" + line[place:],
            line[:place] + b"\xff" + line[place:],
            line[:place] + b"Q" + line[place:],
            line[:place] + b"\0" + line[place:],
            line.replace(b"2025-01-01", b"2025-02-01"),
        )
    )


def batches(rng: random.Random, log: Sequence[Record], next_offsets: dict[int, int]):
    """Yield batches from some offsets to the end, parts of them once more now and then."""
    waiting = dict(next_offsets)
    ends = {p: sum(record.partition == p for record in log) for p in next_offsets}
    while any(waiting[p] < ends[p] for p in ends):
        batch: list[Record] = []
        for partition in rng.sample(sorted(ends), rng.randint(1, len(ends))):
            begin = max(0, waiting[partition] - rng.choice((0, 0, 0, 7)))
            end = min(ends[partition], waiting[partition] + rng.randrange(25))
            records = [r for r in log if r.partition == partition]
            batch += records[begin:end]
            waiting[partition] = end
        yield batch
