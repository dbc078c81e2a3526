import gzip
import operator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.events import (
    Account,
    Event,
    MalformedLine,
    Rating,
    RatingScale,
    Recommendation,
    Served,
    Watch,
    format_event,
    parse_line,
)
from marquee.tables.columns import SERVED, Events, Rows, concatenate
from marquee.tables.parse import in_order, parse_chunk
from marquee.tables.raw import Chunk
from marquee.tables.scan import RATING, scan_lines

from ..lines import logs

STARS = RatingScale()
HALF_STARS = RatingScale(0.5, 5, 0.5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Quarantined = tuple[str, int, str, bytes]


def by_line(data: bytes, scale: RatingScale) -> tuple[list[Event], list[Quarantined]]:
    """What the line parser makes of each line."""
    events, quarantined, offset = [], [], 0
    lines = data.split(b"\n")
    for line in lines if lines[-1] else lines[:-1]:
        try:
            events.append(parse_line(line, scale))
        except MalformedLine as error:
            quarantined.append(("part", offset, str(error.fault), line))
        offset += len(line) + 1
    return events, quarantined


def of_kind(kind: type[Event], events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def rows(rows: Rows) -> list[tuple[datetime, int, int, int]]:
    columns = (rows.at, rows.user_id, rows.movie, rows.value)
    return [
        (EPOCH + timedelta(microseconds=at), user_id, movie, value)
        for at, user_id, movie, value in zip(*(c.tolist() for c in columns), strict=True)
    ]


def answer_of(row: dict[str, Any]) -> Recommendation:
    request_id, *tail = [row.pop(name) for name in SERVED]
    served = Served(UUID(request_id), *tail) if request_id else None
    assert served or tail == [None, None, None]
    return Recommendation(**{**row, "movie_ids": tuple(row["movie_ids"])}, served=served)


def expect_same(found: Events, data: bytes, scale: RatingScale) -> None:
    """Compare all columns with what the line parser says, kind by kind, in order."""
    events, quarantined = by_line(data, scale)
    ids = found.movie_ids
    assert [Watch(at, u, ids[m], v) for at, u, m, v in rows(found.watches)] == of_kind(
        Watch, events
    )
    assert [Rating(at, u, ids[m], v / 100) for at, u, m, v in rows(found.ratings)] == of_kind(
        Rating, events
    )
    assert [Account(at, u) for at, u, _, _ in rows(found.accounts)] == of_kind(Account, events)
    assert [answer_of(row) for row in found.recommendations.to_pylist()] == of_kind(
        Recommendation, events
    )
    assert [tuple(row.values()) for row in found.quarantine.to_pylist()] == quarantined
    assert found.lines == len(events) + len(quarantined)


def parse(data: bytes, scale: RatingScale = STARS) -> Events:
    return parse_chunk(Chunk("part", 0, data), scale)


@settings(max_examples=300)
@given(logs(), st.sampled_from([STARS, HALF_STARS, RatingScale(1, 10, 1)]))
def test_bulk_and_line_parser_agree_on_every_line(data: bytes, scale: RatingScale) -> None:
    expect_same(parse(data, scale), data, scale)


@given(logs(), logs())
def test_pieces_put_together_say_what_the_whole_says(first: bytes, second: bytes) -> None:
    first = first if first.endswith(b"\n") or not first else first + b"\n"
    pieces = [
        parse_chunk(Chunk("part", offset, data), STARS)
        for offset, data in ((0, first), (len(first), second))
    ]
    whole = concatenate(pieces)
    assert whole.movie_ids == sorted(whole.movie_ids)
    expect_same(whole, first + second, STARS)


@pytest.fixture(scope="module", params=["events-2025.log.gz", "recommendations-2023.log.gz"])
def real_log(shared_data: Path, request: pytest.FixtureRequest) -> bytes:
    return gzip.decompress((shared_data / "cmu-logs" / request.param).read_bytes())


def test_bulk_and_line_parser_agree_on_real_logs(real_log: bytes) -> None:
    found = parse(real_log)
    assert len(found.quarantine) == 0
    expect_same(found, real_log, STARS)


def test_bulk_and_line_parser_agree_on_real_logs_with_every_line_damaged(real_log: bytes) -> None:
    rng = np.random.default_rng(1)
    lines = real_log.splitlines()
    places, lengths = rng.random(len(lines)), rng.integers(0, 2, len(lines))
    inserts = rng.choice(np.array([b"", b"0", b"q", b"Q", b",", b"\n", b"\xff"]), len(lines))
    data = b"\n".join(
        line[: int(place * len(line))] + insert + line[int(place * len(line)) + length :]
        for line, place, length, insert in zip(
            lines, places, lengths, inserts.tolist(), strict=True
        )
    )
    found = parse(data)
    assert len(found.quarantine) > 100
    expect_same(found, data, STARS)


def test_every_day_of_the_calendar_and_minute_of_the_clock_is_judged_alike() -> None:
    years = (0, 1, 4, 1600, 1900, 1969, 1970, 2000, 2023, 2024, 2100, 9999)
    dates = product(years, range(14), range(33))
    days = [f"{year:04}-{month:02}-{day:02}T07:08:09" for year, month, day in dates]
    clock = product(range(26), (0, 59, 60, 99), ("", ":00", ":59", ":60", ":99"))
    times = [f"2025-01-01T{hour:02}:{minute:02}{second}" for hour, minute, second in clock]
    data = "\n".join(f"{at},1,GET /rate/up+2009=3" for at in days + times).encode()
    expect_same(parse(data), data, STARS)


def test_every_fraction_of_a_second_is_judged_alike() -> None:
    fractions = [
        "." + digits[:at] + damage + digits[at:]
        for digits in ("", "1", "12", "123", "1234", "123456", "1234567", "999999999")
        for damage in ("", "x", ",", ".", "0")
        for at in range(len(digits) + 1)
    ]
    data = "\n".join(
        f"2025-01-01T10:00{second}{fraction},1,GET /rate/up+2009=3"
        for fraction in fractions
        for second in ("", ":05", ":60")
    ).encode()
    expect_same(parse(data), data, STARS)


def test_a_fraction_of_a_second_is_read_by_the_fast_path() -> None:
    data = b"2025-01-01T10:00:05.123,1,GET /rate/up+2009=3\n" * 3
    octets = np.frombuffer(data, np.uint8)
    columns = (np.zeros(3, np.int8), *(np.empty(3, t) for t in (int, int, "i4", "i4")))
    scan_lines(octets, np.ones(10_000, np.bool_), (*columns, np.empty(4, np.int64)))
    # The last line is left to the other parser: its end is too near to that of the data.
    assert columns[0].tolist()[0] == RATING
    assert columns[1][0] % 1_000_000 == 123_000


def test_many_movies_keep_their_names() -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    events = [Watch(at, 1, f"movie+{n % 9001}+2000", n % 100) for n in range(20_000)]
    data = "\n".join(map(format_event, events)).encode()
    expect_same(parse(data), data, STARS)


def test_no_bytes_are_no_lines() -> None:
    assert parse(b"").lines == 0


def test_a_movie_id_longer_than_the_fast_path_takes_is_read_all_the_same() -> None:
    data = format_event(Watch(datetime(2025, 1, 1, tzinfo=UTC), 1, "x" * 9000 + "+", 1)).encode()
    expect_same(parse(data), data, STARS)


@given(st.lists(st.integers(), max_size=9))
def test_work_in_threads_comes_back_in_order(items: list[int]) -> None:
    assert list(in_order(operator.neg, items)) == [(item, -item) for item in items]
