import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn
from psycopg2.sql import SQL, Identifier, Literal

from marquee.errors import BrokerError, DatabaseError
from marquee.events import RatingScale
from marquee.telemetry.apply import apply_batch
from marquee.telemetry.database import Connection, connect
from marquee.telemetry.offsets import open_stream, take_lock
from marquee.telemetry.records import Applied, Counts, Record, Rules, Stream

from ...servers import execute
from .reference import build
from .running import wait_until
from .stored import expect_tables, query, read_tables
from .streams import make_stream

STREAM = Stream("movielog", UUID(int=7), "cluster")
RULES = Rules(RatingScale(), timedelta(hours=1), timedelta(minutes=5))
NOW = datetime(2025, 1, 2, tzinfo=UTC)
RECEIVED_MS = 1_735_700_000_000
WATCH = b"2025-01-01T12:00:01,1,GET /data/m/a+2000/0.mpg"


@pytest.fixture
def connection(store: str) -> Iterator[Connection]:
    with closing(psycopg2.connect(store)) as connection:
        open_stream(connection, STREAM, {0: 0}, rules=RULES)
        yield connection


def records_of(*lines: bytes | None) -> list[Record]:
    return [Record(0, offset, RECEIVED_MS, line) for offset, line in enumerate(lines)]


def apply(connection: Connection, *records: Record, **changes: Any) -> Applied:
    given = {"stream": STREAM, "end_offsets": {}, "rules": RULES, "now": NOW} | changes
    return apply_batch(connection, records=records, **given)


def rows(connection: Connection, table: str) -> int:
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM telemetry.{table}")
        return int(cursor.fetchall()[0][0])


def test_what_was_applied_before_is_skipped(connection: Connection) -> None:
    records = records_of(WATCH, WATCH)
    assert apply(connection, *records).counts[0].lines == 2
    again = apply(connection, *records)
    assert again == Applied(next_offsets={0: 2}, counts={}, reasons={})


def test_a_gap_is_an_error_that_says_where(connection: Connection) -> None:
    apply(connection, Record(0, 0, 0, WATCH))
    with pytest.raises(BrokerError, match="movielog, partition 0: found offset 3, expected 1"):
        apply(connection, Record(0, 3, 0, WATCH))


def test_a_gap_inside_a_batch_applies_nothing(connection: Connection) -> None:
    with pytest.raises(BrokerError, match="found offset 2, expected 1"):
        apply(connection, Record(0, 0, 0, WATCH), Record(0, 2, 0, WATCH))
    assert rows(connection, "interaction") == 0
    assert open_stream(connection, STREAM, {}, rules=RULES) == {0: 0}


def test_a_partition_that_was_not_opened_is_an_error(connection: Connection) -> None:
    with pytest.raises(BrokerError, match="partition 5: found offset 0, expected none"):
        apply(connection, Record(5, 0, 0, WATCH))


def test_a_topic_made_anew_is_an_error(connection: Connection) -> None:
    anew = replace(STREAM, topic_id=UUID(int=8))
    with pytest.raises(BrokerError, match="the topic was made anew"):
        apply(connection, Record(0, 0, 0, WATCH), stream=anew)
    with pytest.raises(BrokerError, match="the topic was made anew"):
        open_stream(connection, anew, {0: 0}, rules=RULES)


def test_a_topic_made_anew_is_applied_once_the_rows_that_the_error_names_are_gone(
    connection: Connection, store: str
) -> None:
    anew, lines = replace(STREAM, topic_id=UUID(int=8)), records_of(b"torn", WATCH)
    apply(connection, *lines)
    with pytest.raises(BrokerError, match="delete the topic's rows") as error:
        open_stream(connection, anew, {0: 0}, rules=RULES)
    for table in re.findall(r"telemetry\.\w+", str(error.value)):
        query(store, f"DELETE FROM {table} WHERE topic = '{STREAM.topic}'")
    open_stream(connection, anew, {0: 0}, rules=RULES)
    assert apply(connection, *lines, stream=anew).reasons == {"fields": 1}


def test_another_cluster_is_an_error(connection: Connection) -> None:
    with pytest.raises(BrokerError, match="cluster is other, expected cluster"):
        apply(connection, Record(0, 0, 0, WATCH), stream=replace(STREAM, cluster_id="other"))


def test_another_hit_window_is_an_error_that_names_the_remedy(connection: Connection) -> None:
    wide = replace(RULES, hit_window=timedelta(hours=2))
    with pytest.raises(DatabaseError, match=r"is 7200, .* with 3600: .*reconcile --repair"):
        apply(connection, Record(0, 0, 0, WATCH), rules=wide)


def test_records_that_expired_before_they_were_applied_are_an_error(
    connection: Connection,
) -> None:
    with pytest.raises(BrokerError, match="begin at offset 9, expected 0"):
        open_stream(connection, STREAM, {0: 9}, rules=RULES)


def test_a_new_partition_starts_at_its_beginning(connection: Connection) -> None:
    assert open_stream(connection, STREAM, {0: 0, 1: 40}, rules=RULES) == {0: 0, 1: 40}
    assert apply(connection, Record(1, 40, 0, WATCH)).next_offsets == {0: 0, 1: 41}


def test_the_ledger_says_what_became_of_each_line(connection: Connection, store: str) -> None:
    answer = b"2025-01-01T11:59,1,recommendation request a:1, status 200, result: a+2000, 7 ms"
    rating = b"2025-01-01T12:10,1,GET /rate/a+2000=4"
    later = b"2025-01-01T12:01:01,1,GET /data/m/a+2000/1.mpg"
    account = b"2025-01-01T12:20,9,GET /create_account"
    late = b"2025-01-01T11:00,2,GET /data/m/a+2000/1.mpg"
    lines = (answer, answer, WATCH, later, later, rating, rating, account, late, b"?")
    applied = apply(connection, *records_of(*lines), end_offsets={0: 99})
    assert applied.counts == {0: Counts(10, 1, 3, 2, 2, 1, 1, 1)}
    assert applied.reasons == {"fields": 1}
    expect_tables(store, build(records_of(*lines), RULES.hit_window, NOW))
    assert query(store, "SELECT end_offset FROM telemetry.stream_offset") == [(99,)]
    assert query(store, "SELECT late, from_offset, to_offset FROM telemetry.stream_batch") == [
        (1, 0, 10)
    ]


@pytest.mark.parametrize(("served", "seen"), [(b"12:10", b"12:31"), (b"12:40", b"12:45")])
def test_a_late_line_ends_a_start_and_takes_its_hit(
    connection: Connection, store: str, served: bytes, seen: bytes
) -> None:
    answer = b"2025-01-01T%s,1,recommendation request a:1, status 200, result: a+2000, 7 ms"
    answer %= served
    in_next_slot = b"2025-01-01T%s,1,GET /data/m/a+2000/30.mpg" % seen
    apply(connection, *records_of(answer, in_next_slot))
    assert len(read_tables(store).hit) == 1
    apply(connection, Record(0, 2, RECEIVED_MS, WATCH))
    assert read_tables(store).hit == {}
    log = records_of(answer, in_next_slot, WATCH)
    expect_tables(store, build(log, RULES.hit_window, NOW))


def test_an_end_that_was_asked_for_before_others_wrote_is_not_taken(
    connection: Connection, store: str
) -> None:
    apply(connection, *records_of(WATCH, WATCH), end_offsets={0: 1})
    assert query(store, "SELECT end_offset FROM telemetry.stream_offset") == [(2,)]


BAD = {
    b"x" * 1_000_000: "too_long",
    b"2025-01-01T12:00,1,GET /data/m/\xff+2000/0.mpg": "not_utf8",
    b"2025-01-01T12:00,18446744073709551616,GET /rate/a+2000=4": "user_id",
    b"2025-01-01T12:00,1,GET /rate/a'; DROP TABLE telemetry.hit; --+2000=4": "movie_id",
    b"2025-01-02T00:05:00.000001,1,GET /rate/a+2000=4": "future",
    b"9999-12-31T23:59:59,1,GET /rate/a+2000=4": "future",
    b"0000-01-01T00:00,1,GET /rate/a+2000=4": "timestamp",
    b"2025-01-01T12:00,1,GET /rate/a+2000=4\n2025-01-01T12:00,1,GET /rate/b+2000=4": "torn",
    WATCH + b"\n": "torn",
    b"2025-01-01T12:00,1,GET /rate/a\0+2000=4": "movie_id",
    b"2025-01-01T12:00,1,recommendation request a:1, status 1000, result: x, 1 ms": "request",
    b"2025-01-01T12:00,1,recommendation request a:1, status 0, result: x, 9999999999 ms": "request",
    b"2025-01-01T12:00,1,GET /rate/" + b"q" * 5_000 + b"+2000=4": "too_long",
    b"2025-01-01T12:00,1,recommendation request "
    + b"h" * 5_000
    + b":1, status 0, result: x, 1 ms": "too_long",
    b"": "empty",
}


def test_bad_lines_go_to_quarantine_whole_and_stop_nothing(
    connection: Connection, store: str
) -> None:
    lines: list[bytes | None] = [*BAD, None]
    apply(connection, *records_of(WATCH, *lines))
    found = query(store, "SELECT record_offset, reason, line FROM telemetry.quarantine ORDER BY 1")
    assert [(offset, reason, bytes(line)) for offset, reason, line in found] == [
        *((1 + place, reason, line) for place, (line, reason) in enumerate(BAD.items())),
        (len(lines), "empty", b""),
    ]
    assert rows(connection, "interaction") == 1


ODD = (
    b"0001-01-01T00:00,1,GET /data/m/a+2000/0.mpg",
    b"0001-01-01T00:00:30,1,recommendation request a:1, status 200, result: a+2000, 1 ms",
    b"0001-01-01T00:01,1,GET /rate/a+2000=4",
    b"2025-01-01T12:00,9223372036854775807,GET /data/m/+/9999.mpg",
    b'2025-01-01T12:00,1,recommendation request \0a:1, status 0, result: "\\N", \\., {\0}\r, 1 ms',
    b"2025-01-01T12:00,1,recommendation request a:1, status 999, result: , 999999999 ms",
    b"2025-01-01T12:00,1,recommendation request a:1, status 200, result: , 0 ms",
    b"2025-01-01T12:00,1,recommendation request a:1, status 200, result: "
    + b",".join([b"+"] * 32_000)
    + b", 0 ms",
    b"2025-01-01T12:00:01,1,GET /data/m/+/0.mpg\r",
    b"2025-01-02T00:05,1,GET /rate/a+2000=4",
)


def test_odd_lines_that_are_events_are_stored_as_they_are(
    connection: Connection, store: str
) -> None:
    applied = apply(connection, *records_of(*ODD))
    assert applied.counts[0].quarantined == 0
    expected = build(records_of(*ODD), RULES.hit_window, NOW)
    assert len(expected.hit) == 2
    expect_tables(store, expected)


@pytest.mark.parametrize("timestamp", [-1, -(2**62), 2**62])
def test_a_producer_that_lies_about_the_time_loses_no_line(
    connection: Connection, store: str, timestamp: int
) -> None:
    apply(connection, Record(0, 0, timestamp, b"?"))
    (received_at,) = (
        row[0] for row in query(store, "SELECT received_at FROM telemetry.quarantine")
    )
    assert received_at in (datetime(1970, 1, 1, tzinfo=UTC), NOW)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_the_session_s_time_zone_does_not_matter(
    connection: Connection, store: str, zone: str
) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE %s", (zone,))
    apply(connection, *records_of(*ODD[:4]))
    expect_tables(store, build(records_of(*ODD[:4]), RULES.hit_window, NOW))


def set_default(dsn: str, name: str, value: str) -> None:
    database = Identifier(parse_dsn(dsn)["dbname"])
    execute(dsn, SQL(f"ALTER DATABASE {{}} SET {name} = {{}}").format(database, Literal(value)))


def test_the_defaults_of_the_database_do_not_matter(migrated: str) -> None:
    for name, value in (("client_encoding", "LATIN1"), ("intervalstyle", "iso_8601")):
        set_default(migrated, name, value)
    named = "2025-01-01T12:00,1,recommendation request 🎬:1, status 0, result: é, 1 ms"
    records = records_of(*ODD, named.encode())
    with closing(connect(migrated)) as connection:
        open_stream(connection, STREAM, {0: 0}, rules=RULES)
        apply(connection, *records)
    whole = make_dsn(migrated, client_encoding="UTF8")
    expect_tables(whole, build(records, RULES.hit_window, NOW))


@pytest.mark.parametrize("level", ["read committed", "repeatable read", "serializable"])
def test_a_writer_sees_what_another_one_committed_while_it_waited(
    migrated: str, level: str
) -> None:
    set_default(migrated, "default_transaction_isolation", level)
    answer = b"2025-01-01T11:59,1,recommendation request a:1, status 200, result: a+2000, 7 ms"
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    def write(topic: str, line: bytes) -> None:
        stream = replace(STREAM, topic=topic)
        with closing(connect(migrated)) as connection:
            open_stream(connection, stream, {0: 0}, rules=RULES)
            opened.wait()
            held.wait()
            apply(connection, Record(0, 0, RECEIVED_MS, line), stream=stream)

    opened, held = Barrier(3), Event()
    with ThreadPoolExecutor(2) as pool, closing(connect(migrated)) as holder:
        writers = [pool.submit(write, *each) for each in (("one", answer), ("two", WATCH))]
        opened.wait()
        with holder, holder.cursor() as cursor:
            take_lock(cursor)
            held.set()
            wait_until(lambda: query(migrated, waiting) == [(2,)])
        for one in writers:
            one.result()
    assert len(read_tables(migrated).hit) == 1


def test_the_server_ends_a_transaction_that_stands_still_with_the_lock(
    connection: Connection,
) -> None:
    with connection, connection.cursor() as cursor:
        take_lock(cursor)
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)


@pytest.mark.timescale
def test_late_lines_go_into_chunks_that_are_compressed(timescale: str) -> None:
    records = make_stream(random.Random(1), events=600, partitions=3)
    with closing(psycopg2.connect(timescale)) as connection:
        open_stream(connection, STREAM, {0: 0, 1: 0, 2: 0}, rules=RULES)
        apply(connection, *(record for record in records if record.offset < 120))
        for table in ("recommendation", "interaction", "hit", "quarantine"):
            query(
                timescale,
                f"SELECT compress_chunk(chunk) FROM show_chunks('telemetry.{table}') AS chunk",
            )
        apply(connection, *(record for record in records if record.offset >= 120))
    expect_tables(timescale, build(records, RULES.hit_window, NOW))
