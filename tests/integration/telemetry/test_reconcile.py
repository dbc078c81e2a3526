import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import psycopg2
import pytest
from click.testing import CliRunner, Result

from marquee.cli import cli
from marquee.errors import DatabaseError, ParameterError
from marquee.telemetry.database import Connection
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.reconcile import Difference, Period, adopt_window, reconcile
from marquee.telemetry.records import Record

from .reference import build
from .stored import expect_tables, query, read_tables
from .streams import BEGIN, NOW, SLOT, make_stream
from .test_apply import RULES, STREAM, apply

HOUR = timedelta(hours=1)
ALL = Period()
TAMPERED = {
    "gone": "DELETE FROM telemetry.hit WHERE {}",
    "moved": "UPDATE telemetry.hit SET hit_at = hit_at + INTERVAL '1 s' WHERE {}",
    "of another variant": "UPDATE telemetry.hit SET variant = 'Z' WHERE {}",
    "with another count": "UPDATE telemetry.hit SET items_hit = items_hit + 1 WHERE {}",
}


@pytest.fixture
def connection(store: str) -> Iterator[Connection]:
    with closing(psycopg2.connect(store)) as connection:
        yield connection


@pytest.fixture
def records(connection: Connection) -> list[Record]:
    """A stream that has been applied."""
    records = make_stream(random.Random(3), events=300, partitions=3)
    open_stream(connection, STREAM, {0: 0, 1: 0, 2: 0}, rules=RULES)
    apply(connection, *records)
    return records


def compare(
    connection: Connection,
    period: Period = ALL,
    *,
    window: timedelta = HOUR,
    repair: bool = False,
) -> list[Difference]:
    parts = reconcile(connection, period, hit_window=window, repair=repair)
    return [difference for part in parts for difference in part.differences]


@pytest.mark.parametrize("seed", range(5))
def test_the_writers_hits_do_not_differ(connection: Connection, store: str, seed: int) -> None:
    records = make_stream(random.Random(seed), events=300, partitions=3)
    open_stream(connection, STREAM, {0: 0, 1: 0, 2: 0}, rules=RULES)
    apply(connection, *records)
    parts = list(reconcile(connection, ALL, hit_window=HOUR))
    assert [part.differences for part in parts] == [[]] * len(parts)
    assert sum(part.recommendations for part in parts) == len(read_tables(store).recommendation)


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_hit_that_was_tampered_with_is_reported_and_repaired(
    connection: Connection, store: str, records: list[Record], statement: str
) -> None:
    (request_id, served_at), row = sorted(read_tables(store).hit.items())[5]
    query(store, statement.format(f"request_id = '{request_id}' AND served_at = '{served_at}'"))
    (difference,) = compare(connection, repair=True)
    assert (difference.request_id, difference.served_at) == (str(request_id), served_at)
    assert difference.expected is not None
    assert difference.expected["movie_id"] == row[4]
    expect_tables(store, build(records, HOUR, NOW))


def test_a_hit_that_nothing_accounts_for_is_reported_and_repaired(
    connection: Connection, store: str, records: list[Record]
) -> None:
    query(
        store,
        "INSERT INTO telemetry.hit SELECT gen_random_uuid(), served_at, variant, model_version,"
        " hit_at, rank, movie_id, kind, best_rank, items_hit FROM telemetry.hit LIMIT 1",
    )
    (difference,) = compare(connection, repair=True)
    assert difference.expected is None
    expect_tables(store, build(records, HOUR, NOW))


def test_nothing_outside_of_the_period_is_looked_at(
    connection: Connection, store: str, records: list[Record]
) -> None:
    hits = read_tables(store).hit
    query(store, "DELETE FROM telemetry.hit")
    period = Period(BEGIN + SLOT, BEGIN + 5 * SLOT)
    served = [difference.served_at for difference in compare(connection, period)]
    assert sorted(served) == sorted(at for _, at in hits if period.begin <= at < period.end)


def test_without_repair_nothing_is_changed(
    connection: Connection, store: str, records: list[Record]
) -> None:
    query(store, "UPDATE telemetry.hit SET variant = 'Z'")
    before = read_tables(store)
    assert len(compare(connection)) == len(before.hit)
    assert read_tables(store) == before


def test_what_retention_has_begun_to_drop_is_left_out(
    connection: Connection, store: str, records: list[Record]
) -> None:
    since = BEGIN + 4 * SLOT
    query(store, f"UPDATE telemetry.event_table SET kept_since = '{since}'")
    query(store, "DELETE FROM telemetry.hit")
    try:
        assert min(each.served_at for each in compare(connection)) >= since + 2 * SLOT
    finally:
        query(store, "UPDATE telemetry.event_table SET kept_since = '-infinity'")


@pytest.mark.parametrize("minutes", [30, 90])
def test_another_window_is_adopted_for_all_raw_rows(
    connection: Connection, store: str, records: list[Record], minutes: int
) -> None:
    window = timedelta(minutes=minutes)
    with pytest.raises(DatabaseError, match="reconcile --repair"):
        compare(connection, window=window)
    assert adopt_window(connection, window)
    assert compare(connection, window=window, repair=True)
    assert not adopt_window(connection, window)
    expect_tables(store, build(records, window, NOW))
    wide = replace(RULES, hit_window=window)
    assert apply(connection, rules=wide).next_offsets


def run(store: str, *arguments: str, window_s: int = 3600) -> Result:
    environment = {"MARQUEE_DSN": store, "MARQUEE_HIT_WINDOW_S": str(window_s)}
    return CliRunner(env=environment).invoke(cli, ["telemetry", "reconcile", *arguments])


def test_the_command_says_that_there_is_no_difference(store: str, records: list[Record]) -> None:
    result = run(store)
    assert result.exit_code == 0
    assert result.output == f"{len(read_tables(store).recommendation)} answers: no difference\n"


def test_a_period_that_ends_before_it_begins_is_an_error(store: str) -> None:
    error = run(store, "--from", "2025-01-02", "--to", "2025-01-01").exception
    assert isinstance(error, ParameterError)


def test_the_command_shows_a_difference_and_exits_with_1_until_it_is_repaired(
    store: str, records: list[Record]
) -> None:
    query(
        store,
        "DELETE FROM telemetry.hit WHERE (request_id, served_at) ="
        " (SELECT request_id, served_at FROM telemetry.hit ORDER BY 2, 1 LIMIT 1)",
    )
    result = run(store, "--from", "2024-12-31")
    assert result.exit_code == 1
    assert "no hit" in result.output
    assert max(len(line) for line in result.output.splitlines()) <= 80
    assert "1 difference\n" in result.output
    assert "1 difference repaired\n" in run(store, "--repair", "--to", "2025-01-02").output
    assert "no difference" in run(store).output


def test_the_command_adopts_another_window_for_all_rows_alone(
    store: str, records: list[Record]
) -> None:
    for arguments in ([], ["--repair", "--from", "2025-01-01"]):
        result = run(store, *arguments, window_s=1800)
        assert isinstance(result.exception, DatabaseError)
    assert "the hit window is 1800 s" in run(store, "--repair", window_s=1800).output
    expect_tables(store, build(records, timedelta(minutes=30), NOW))


def test_beside_running_writers_there_is_never_a_difference(
    connection: Connection, store: str
) -> None:
    records = make_stream(random.Random(5), events=600, partitions=3)
    open_stream(connection, STREAM, {0: 0, 1: 0, 2: 0}, rules=RULES)

    def write() -> None:
        with closing(psycopg2.connect(store)) as own:
            for begin in range(0, 300, 10):
                apply(own, *(r for r in records if begin <= r.offset < begin + 10))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not writing.done():
            assert compare(connection) == []
        writing.result()
