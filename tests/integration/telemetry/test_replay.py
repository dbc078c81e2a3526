import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import psycopg2
import pytest

from marquee.events import RatingScale
from marquee.telemetry.database import Connection
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.records import Record
from marquee.telemetry.replay import Choice, replay

from .reference import build
from .stored import batches_add_up, expect_tables, query, read_tables
from .streams import BEGIN, NOW, SLOT, make_stream
from .test_apply import RULES, STREAM, apply, records_of

CHOICE = Choice(STREAM.topic)
EARLY = BEGIN + 6 * SLOT
"""The clock of a writer to which a part of a stream is of the future."""

LATE = "SELECT sum(late) FROM telemetry.stream_batch"


@pytest.fixture
def connection(store: str) -> Iterator[Connection]:
    with closing(psycopg2.connect(store)) as connection:
        yield connection


def write(connection: Connection, records: list[Record]) -> None:
    """Apply a stream by the early clock."""
    open_stream(connection, STREAM, {0: 0, 1: 0, 2: 0}, rules=RULES)
    apply(connection, *records, now=EARLY)


@pytest.mark.parametrize("seed", range(5))
def test_lines_that_are_events_by_now_are_applied_as_if_they_had_been_from_the_start(
    connection: Connection, store: str, seed: int
) -> None:
    records = make_stream(random.Random(seed), events=300, partitions=3)
    write(connection, records)
    expect_tables(store, build(records, RULES.hit_window, EARLY))
    late = query(store, LATE)
    done = replay(connection, CHOICE, rules=RULES, now=NOW)
    assert done.mended["future"] > 0
    expect_tables(store, build(records, RULES.hit_window, NOW))
    assert query(store, LATE) == late


def test_a_second_replay_changes_nothing(connection: Connection, store: str) -> None:
    write(connection, make_stream(random.Random(1), events=300, partitions=3))
    replay(connection, CHOICE, rules=RULES, now=NOW)
    before = read_tables(store)
    assert not replay(connection, CHOICE, rules=RULES, now=NOW).mended
    assert read_tables(store) == before


def test_of_several_replays_at_once_each_record_is_applied_by_one(
    connection: Connection, store: str
) -> None:
    records = make_stream(random.Random(4), events=300, partitions=3)
    write(connection, records)

    def replay_once(_: int) -> int:
        with closing(psycopg2.connect(store)) as own:
            return replay(own, CHOICE, rules=RULES, now=NOW).mended.total()

    with ThreadPoolExecutor(3) as pool:
        mended = list(pool.map(replay_once, range(3)))
    assert sorted(mended)[:2] == [0, 0]
    expect_tables(store, build(records, RULES.hit_window, NOW))


def test_a_wider_scale_mends_ratings_and_leaves_the_rest(
    connection: Connection, store: str
) -> None:
    open_stream(connection, STREAM, {0: 0}, rules=RULES)
    rating = b"2025-01-01T12:10,1,GET /rate/a+2000=9"
    apply(connection, *records_of(rating, rating, b"?"))
    wider = replace(RULES, scale=RatingScale(1, 10, 1))
    done = replay(connection, CHOICE, rules=wider, now=NOW)
    assert (done.read, done.mended) == ({"rating": 2, "fields": 1}, {"rating": 2})
    tables = read_tables(store)
    assert list(tables.quarantine) == [(0, 2)]
    assert +tables.ledger == {"lines": 3, "interactions": 1, "duplicates": 1, "quarantined": 1}
    assert batches_add_up(store)


def test_only_what_is_chosen_is_read(connection: Connection) -> None:
    open_stream(connection, STREAM, {0: 0}, rules=RULES)
    apply(connection, *records_of(b"?", b"", b"2025-01-01T12:10,1,GET /rate/a+2000=9"))
    assert replay(connection, replace(CHOICE, reason="empty"), rules=RULES, now=NOW).read == {
        "empty": 1
    }
    later = replace(CHOICE, since=NOW + timedelta(days=1))
    assert not replay(connection, later, rules=RULES, now=NOW).read
    assert not replay(connection, Choice("another"), rules=RULES, now=NOW).read


def test_a_replay_that_breaks_off_leaves_quarantine_and_ledger_as_they_were(
    connection: Connection, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(connection, make_stream(random.Random(2), events=100, partitions=3))
    before = read_tables(store)
    monkeypatch.setattr("marquee.telemetry.replay.write_ledger", broken)
    with pytest.raises(KeyboardInterrupt):
        replay(connection, CHOICE, rules=RULES, now=NOW)
    assert read_tables(store) == before


def broken(*_: object) -> None:
    raise KeyboardInterrupt
