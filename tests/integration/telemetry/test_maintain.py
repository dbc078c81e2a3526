"""The scheduled job of plain PostgreSQL: what it drops, what it keeps, how it is run."""

import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from marquee.errors import DatabaseError
from marquee.telemetry.maintain import maintain
from marquee.telemetry.roles import WRITER

from ...servers import execute
from .events import insert, make_rows
from .running import wait_until
from .stored import query

COUNTS = """
SELECT (SELECT count(*)::int FROM telemetry.recommendation),
    (SELECT sum(requests)::int FROM telemetry.recommendation_1m),
    (SELECT sum(requests)::int FROM telemetry.recommendation_1h)
"""


def add(dsn: str, days_ago: float, answers: int) -> None:
    end = datetime.now(UTC) - timedelta(days=days_ago)
    made = make_rows(random.Random(int(days_ago)), end=end, hours=5, answers=answers)
    insert(dsn, {name: made[name] for name in ("recommendation", "hit", "interaction")})


def test_rows_and_minutes_go_after_90_days_and_hours_after_two_years(migrated: str) -> None:
    for days_ago, answers in ((1, 10), (85, 20), (100, 40), (800, 80)):
        add(migrated, days_ago, answers)
    done = maintain(migrated)
    assert query(migrated, COUNTS) == [(30, 30, 70)]
    assert done.dropped["recommendation"] == 120
    assert done.dropped["recommendation_1h_kept"] > 0
    assert maintain(migrated).dropped == {}


def test_a_row_that_comes_after_its_time_was_dropped_leaves_the_hours_as_they_are(
    migrated: str,
) -> None:
    add(migrated, 100, 40)
    maintain(migrated)
    hours = "SELECT * FROM telemetry.recommendation_1h ORDER BY recommendation_1h"
    before = query(migrated, hours)
    add(migrated, 101, 1)
    execute(migrated, "UPDATE telemetry.recommendation SET latency_ms = 7")
    assert query(migrated, hours) == before
    maintain(migrated)
    assert query(migrated, hours) == before
    assert query(migrated, COUNTS)[0][:2] == (0, None)


def test_a_longer_keep_does_not_forget_what_is_gone_already(migrated: str) -> None:
    hours = "SELECT bucket, sum(requests) FROM telemetry.recommendation_1h GROUP BY 1 ORDER BY 1"
    add(migrated, 100, 40)
    maintain(migrated)
    before = query(migrated, hours)
    execute(migrated, "UPDATE telemetry.event_table SET keep = '200 days'")
    maintain(migrated)
    add(migrated, 100, 1)
    assert query(migrated, hours) == before
    maintain(migrated)
    assert query(migrated, hours) == before


def test_many_rows_go_in_several_transactions(
    migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee.telemetry.upkeep._ROWS", 7)
    monkeypatch.setattr("marquee.telemetry.upkeep._BUCKETS", 7)
    add(migrated, 100, 40)
    add(migrated, 1, 40)
    maintain(migrated)
    assert query(migrated, COUNTS) == [(40, 40, 80)]


def test_two_at_once_are_refused(migrated: str) -> None:
    with closing(psycopg2.connect(migrated)) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('marquee telemetry maintain', 0))")
        with pytest.raises(DatabaseError, match="maintained by another process"):
            maintain(migrated)
    assert maintain(migrated).refreshed


def test_a_database_without_tables_says_what_to_run_first(database: str) -> None:
    with pytest.raises(DatabaseError, match=r"run `marquee telemetry migrate`"):
        maintain(database)


def test_a_database_newer_than_the_code_is_left_alone(migrated: str) -> None:
    execute(
        migrated,
        "INSERT INTO telemetry.schema_migration (number, name, engine, sha256)"
        " SELECT 999, '999-later.sql', engine, sha256 FROM telemetry.schema_migration LIMIT 1",
    )
    with pytest.raises(DatabaseError, match=r"999-later.sql, which this version does not know"):
        maintain(migrated)


def test_a_role_that_may_not_is_told(migrated: str) -> None:
    execute(migrated, f"ALTER ROLE {WRITER} LOGIN PASSWORD 'w'")
    dsn = psycopg2.extensions.make_dsn(migrated, user=WRITER, password="w")
    with pytest.raises(DatabaseError, match="permission denied to set role"):
        maintain(dsn)


@pytest.mark.timescale
def test_on_timescaledb_the_refreshes_run_at_once(timescale: str) -> None:
    execute(timescale, "SELECT _timescaledb_functions.stop_background_workers()")
    done = maintain(timescale)
    names = [name for (name,) in query(timescale, "SELECT name FROM telemetry.aggregate")]
    assert set(done.refreshed) == set(names)


@pytest.mark.timescale
def test_a_refresh_under_way_is_waited_for(timescale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(timescale, "SELECT _timescaledb_functions.stop_background_workers()")
    add(timescale, 1, 10)
    ((job_id,),) = query(
        timescale,
        "SELECT job_id FROM timescaledb_information.jobs"
        " WHERE proc_name LIKE 'policy_refresh%' AND hypertable_name = 'recommendation_1m'",
    )
    waiting = "SELECT pid FROM pg_locks WHERE NOT granted"
    with (
        ThreadPoolExecutor(1) as pool,
        closing(psycopg2.connect(timescale)) as holder,
        holder.cursor() as cursor,
    ):
        cursor.execute("LOCK TABLE telemetry.recommendation IN ACCESS EXCLUSIVE MODE")
        other = pool.submit(execute, timescale, f"CALL public.run_job({job_id})")
        wait_until(lambda: bool(query(timescale, waiting)))

        paused = []

        def let_go(pause_s: float) -> None:
            paused.append(pause_s)
            holder.rollback()
            other.result()

        monkeypatch.setattr("marquee.telemetry.maintain.time.sleep", let_go)
        maintain(timescale)
    assert len(paused) == 1


def test_the_command_goes_on_until_it_is_stopped(migrated: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "marquee", "telemetry", "maintain", "--every", "1"],
        env={**os.environ, "MARQUEE_DSN": migrated},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert lines == ["buckets kept anew: none; rows dropped: none\n"] * 2
