"""The aggregates say what the rows say: on both engines, late rows too, beside a writer."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import psycopg2
import pytest

from marquee.telemetry.maintain import maintain

from ...servers import execute, fresh_database, with_schema
from .events import Rows, insert, make_rows, make_state
from .stored import query

BRUTE_FORCE = {
    "recommendation": """
        SELECT date_bin(%(width)s, served_at, 'epoch'), variant, model_version, status,
            telemetry.latency_bucket(latency_ms), count(*), sum(cardinality(items))
        FROM telemetry.recommendation GROUP BY 1, 2, 3, 4, 5""",
    "hit": """
        SELECT date_bin(%(width)s, served_at, 'epoch'), variant, model_version, kind, best_rank,
            count(*), sum(items_hit)
        FROM telemetry.hit GROUP BY 1, 2, 3, 4, 5""",
    "delay": """
        SELECT date_bin(%(width)s, served_at, 'epoch'), variant, model_version,
            ceil(extract(epoch FROM hit_at - served_at) / 60), count(*)
        FROM telemetry.hit GROUP BY 1, 2, 3, 4""",
    "interaction": """
        SELECT date_bin(%(width)s, slot_at, 'epoch'), kind, count(*)
        FROM telemetry.interaction GROUP BY 1, 2""",
    "data_quality": """
        SELECT date_bin(%(width)s, committed_at, 'epoch'), topic, count(*), sum(lines),
            sum(recommendations), sum(interactions), sum(collapsed), sum(duplicates),
            sum(accounts), sum(quarantined), sum(late), sum(seconds::float)
        FROM telemetry.stream_batch GROUP BY 1, 2""",
    "quarantine": """
        SELECT date_bin(%(width)s, received_at, 'epoch'), topic, reason, count(*)
        FROM telemetry.quarantine GROUP BY 1, 2, 3""",
}
"""Each aggregate's definition, from the rows."""


def spelled(value: Any) -> Any:
    """Floats as far as they do not depend on the order of a sum."""
    return float(f"{value:.9g}") if isinstance(value, (float, Decimal)) else value


def rows_of(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(spelled, row)) for row in query(dsn, sql)), key=repr)


def wrong_aggregates(dsn: str) -> list[str]:
    """The aggregates that do not say what the rows say."""
    return [
        name
        for name, width in query(dsn, "SELECT name, width FROM telemetry.aggregate")
        if rows_of(dsn, f"SELECT * FROM telemetry.{name}")
        != rows_of(dsn, BRUTE_FORCE[name.rpartition("_")[0]] % {"width": f"interval '{width}'"})
    ]


def stale(dsn: str) -> int:
    return query(dsn, "SELECT count(*)::int FROM telemetry.stale_mark")[0][0]


def rows(seed: int, hours: float = 3, answers: int = 60, ago: timedelta = timedelta()) -> Rows:
    end = datetime.now(UTC).replace(microsecond=0) - ago
    return make_rows(random.Random(seed), end=end, hours=hours, answers=answers)


def late_answer(dsn: str, ago: timedelta) -> None:
    late = rows(99, hours=0, answers=1, ago=ago)
    insert(dsn, {name: late[name] for name in ("recommendation", "hit")})


def stop_jobs(dsn: str) -> None:
    """Let nothing but the test refresh the aggregates of a database on TimescaleDB."""
    execute(dsn, "SELECT _timescaledb_functions.stop_background_workers()")


@pytest.fixture(scope="module")
def engines(postgres: str, timescale_server: str) -> Iterator[tuple[str, str]]:
    with fresh_database(postgres) as plain, fresh_database(timescale_server) as timescale:
        stop_jobs(with_schema(timescale))
        yield with_schema(plain), timescale


@pytest.mark.timescale
def test_every_view_says_the_same_on_both_engines(engines: tuple[str, str]) -> None:
    plain, timescale = engines

    def unlike() -> list[str]:
        # What jobs there are, and when they ran, is each engine's own.
        views = query(
            plain,
            "SELECT viewname FROM pg_views WHERE schemaname = 'report' "
            "AND viewname NOT IN ('job', 'upkeep')",
        )
        assert views
        both = (
            tuple(rows_of(dsn, f"SELECT * FROM report.{v}") for dsn in engines) for (v,) in views
        )
        return [view for (view,), (one, other) in zip(views, both, strict=True) if one != other]

    steps = []
    first, later = rows(1, hours=50, answers=200), rows(2)
    state = make_state(datetime.now(UTC))
    for dsn in engines:
        insert(dsn, first | state)
    steps.append(unlike())  # nothing aggregated
    for dsn in engines:
        maintain(dsn)
    steps.append(unlike())  # all aggregated
    for dsn in engines:
        insert(dsn, later)
    maintain(timescale)
    steps.append(unlike())  # refreshed on the one, stale on the other
    maintain(plain)
    steps.append(unlike())
    assert steps == [[], [], [], []]
    assert query(plain, "SELECT count(*) FROM report.traffic_1m") != [(0,)]


@pytest.mark.timescale
def test_an_answer_two_hours_late_shows_within_one_refresh(timescale: str) -> None:
    stop_jobs(timescale)
    insert(timescale, rows(1, hours=50))
    maintain(timescale)
    assert wrong_aggregates(timescale) == []
    late_answer(timescale, timedelta(hours=2))
    maintain(timescale)
    assert wrong_aggregates(timescale) == []


@pytest.mark.timescale
def test_a_first_refresh_hides_no_answer_while_it_runs(timescale: str) -> None:
    stop_jobs(timescale)
    insert(timescale, rows(1, hours=200, answers=1000))
    counted = "SELECT coalesce(sum(requests), 0)::int FROM telemetry.recommendation_1m"
    seen = []
    with ThreadPoolExecutor(1) as pool:
        refresh = pool.submit(maintain, timescale)
        while not refresh.done():
            seen += query(timescale, counted)
    assert refresh.result()
    assert set(seen) == {(1000,)}


def test_hits_of_the_last_two_hours_show_at_once(either: str) -> None:
    made = rows(1, hours=1.9)
    insert(either, made | {"hit": made["hit"][::2]})
    maintain(either)
    insert(either, {"hit": made["hit"][1::2]})
    assert wrong_aggregates(either) == []


@pytest.mark.timescale
def test_a_late_answer_reaches_rows_that_were_compressed(timescale: str) -> None:
    stop_jobs(timescale)
    insert(timescale, rows(1, hours=24, ago=timedelta(days=20)))
    jobs = "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
    for (job_id,) in query(timescale, jobs):
        execute(timescale, f"CALL public.run_job({job_id})")
    compressed = "SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed"
    assert query(timescale, compressed) != [(0,)]
    maintain(timescale)
    late_answer(timescale, timedelta(days=20, hours=2))
    maintain(timescale)
    assert wrong_aggregates(timescale) == []


@pytest.mark.timescale
def test_hours_outlive_their_rows_on_timescaledb(timescale: str) -> None:
    stop_jobs(timescale)
    insert(timescale, rows(1, hours=100, ago=timedelta(days=82)))
    for width in ("1m", "1h"):
        aggregate = f"telemetry.recommendation_{width}"
        execute(timescale, f"CALL public.refresh_continuous_aggregate('{aggregate}', NULL, NULL)")
    hours = rows_of(timescale, "SELECT * FROM telemetry.recommendation_1h")
    for table in ("recommendation", "hit"):
        execute(timescale, f"SELECT drop_chunks('telemetry.{table}', INTERVAL '81 days')")
    insert(timescale, rows(2, hours=1))
    maintain(timescale)
    assert query(
        timescale,
        "SELECT min(served_at) < now() - interval '80 days' FROM telemetry.recommendation",
    ) == [(False,)]
    assert hours
    assert set(hours) < set(rows_of(timescale, "SELECT * FROM telemetry.recommendation_1h"))


def test_a_late_answer_shows_at_once_and_after_maintenance(migrated: str) -> None:
    insert(migrated, rows(1, hours=50))
    maintain(migrated)
    assert stale(migrated) == 0
    late_answer(migrated, timedelta(hours=2))
    assert wrong_aggregates(migrated) == []
    maintain(migrated)
    assert stale(migrated) == 0
    assert wrong_aggregates(migrated) == []


CHANGES = (
    "DELETE FROM telemetry.hit WHERE rank % 3 = 0",
    "UPDATE telemetry.hit SET best_rank = 1, items_hit = items_hit + 1 WHERE rank % 2 = 0",
    "UPDATE telemetry.hit SET served_at = served_at - interval '1 hour' WHERE rank = 1",
    "UPDATE telemetry.interaction SET at = at - interval '1 second'",
    "DELETE FROM telemetry.interaction WHERE user_id % 2 = 0",
    "UPDATE telemetry.recommendation SET latency_ms = latency_ms + 5 WHERE user_id % 3 = 0",
    "DELETE FROM telemetry.quarantine WHERE reason = 'torn'",
)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_changes_the_aggregates_say_what_the_rows_say(migrated: str, seed: int) -> None:
    rng = random.Random(seed)
    for step in range(4):
        insert(migrated, rows(seed * 100 + step, hours=rng.choice((0.1, 5)), answers=20))
        query(migrated, rng.choice(CHANGES))
        assert wrong_aggregates(migrated) == []
        if rng.random() < 0.5:
            maintain(migrated)
            assert wrong_aggregates(migrated) == []


def test_truncate_is_refused_as_it_would_leave_the_aggregates(migrated: str) -> None:
    insert(migrated, rows(1))
    for (table,) in query(migrated, "SELECT name FROM telemetry.event_table"):
        with pytest.raises(psycopg2.errors.FeatureNotSupported, match=f"{table}: .*DELETE"):
            query(migrated, f"TRUNCATE telemetry.{table}")
    assert wrong_aggregates(migrated) == []


def test_what_a_transaction_under_way_will_add_is_not_taken_as_kept(migrated: str) -> None:
    with closing(psycopg2.connect(migrated)) as writer, writer.cursor() as cursor:
        insert(migrated, rows(1))
        cursor.execute(
            "INSERT INTO telemetry.recommendation "
            "SELECT gen_random_uuid(), served_at, user_id, variant, model_version, server, status, "
            "latency_ms, items FROM telemetry.recommendation"
        )
        maintain(migrated)
        assert stale(migrated) == 0
        writer.commit()
    assert stale(migrated) > 0
    assert wrong_aggregates(migrated) == []
    maintain(migrated)
    assert wrong_aggregates(migrated) == []


def test_the_aggregates_are_exact_at_every_moment_beside_a_writer(migrated: str) -> None:
    def write() -> None:
        for seed in range(30):
            added = rows(seed, hours=0.5, answers=20)
            insert(migrated, {name: added[name] for name in ("recommendation", "hit")})

    exact = """
        SELECT (SELECT sum(requests) FROM telemetry.recommendation_1m)
                IS NOT DISTINCT FROM (SELECT nullif(count(*), 0) FROM telemetry.recommendation),
            (SELECT sum(hits) FROM telemetry.hit_1h)
                IS NOT DISTINCT FROM (SELECT nullif(count(*), 0) FROM telemetry.hit)"""
    writer = Thread(target=write)
    writer.start()
    while writer.is_alive():
        assert query(migrated, exact) == [(True, True)]
        maintain(migrated)
        assert query(migrated, exact) == [(True, True)]
    writer.join()
    maintain(migrated)
    assert stale(migrated) == 0
    assert wrong_aggregates(migrated) == []
