"""The report of 24 hours by variant, from the aggregates against the same from the raw tables.

10 million requests and the hits of their answers on one server: plain PostgreSQL, or the
TimescaleDB that MARQUEE_TEST_TIMESCALE_DSN (a superuser's) names. The aggregates are up to date, as
`marquee telemetry maintain` or TimescaleDB's jobs leave them. The period begins and ends within an
hour. The raw query does without the corrected hit-rate, the delays and the data quality.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn
from psycopg2.extras import RealDictCursor

from benchmarks.measurement import median_s, ratio_row
from marquee.dev.database import start_database
from marquee.telemetry.maintain import maintain
from marquee.telemetry.migrate import migrate
from marquee.telemetry.report import read_report

REQUESTS, HOURS = 10_000_000, 24
DATABASE = "marquee_benchmark"
SETTINGS = {"shared_buffers": "2GB", "work_mem": "256MB", "max_wal_size": "8GB", "fsync": "off"}
EXACT = ("requests", "answered", "mature_answered", "hit_rate_mature", "hit_rate_at_1")
EXACT += ("hit_rate_at_5", "hit_rate_at_10", "hit_rate_at_20", "mrr", "precision")
LATENCIES = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms")

# An hour of requests: log-normal latencies, 2 % failures, a fifth of the answers with a hit, whose
# delay is exponential.
SERVE = """
INSERT INTO telemetry.recommendation
SELECT
    uuidv7(), %(begin)s + i * (INTERVAL '1 hour' / %(requests)s), (1000000 * random())::bigint,
    CASE WHEN i %% 2 = 0 THEN 'control' ELSE 'treatment' END, 'm1', 'recommender:8082',
    CASE WHEN failed THEN 0 ELSE 200 END, ceil(exp(random_normal(3, 0.7))),
    CASE WHEN failed THEN '{}' ELSE ARRAY['the+godfather+1972', 'ikiru+1952', 'rebecca+1940'] END
FROM generate_series(0, %(requests)s - 1) AS i
CROSS JOIN LATERAL (SELECT random() + 0 * i < 0.02) AS fate (failed)
"""
HIT = """
INSERT INTO telemetry.hit
SELECT
    request_id, served_at, variant, model_version, hit_at, rank, 'ikiru+1952', 'watch', rank, 1
FROM (
    SELECT
        *, served_at - 600 * ln(1 - random()) * INTERVAL '1 second' AS hit_at,
        ceil(20 * random() ^ 2)::smallint AS rank
    FROM telemetry.recommendation
    WHERE status = 200 AND random() < 0.2 AND served_at >= %(begin)s
        AND served_at < %(begin)s + INTERVAL '1 hour'
) AS hit
WHERE hit_at <= least(served_at + INTERVAL '1 hour', %(end)s)
"""
APPLIED = """
INSERT INTO telemetry.stream_offset (
    topic, partition, cluster_id, topic_id, first_offset, next_offset, end_offset, max_event_at,
    updated_at
) VALUES ('movielog', 0, 'c', gen_random_uuid(), 0, 1, 1, %(end)s, now())
"""
RAW = """
SELECT
    variant,
    requests,
    answered,
    mature_answered,
    hits / mature_answered AS hit_rate_mature,
    hits_at_1 / mature_answered AS hit_rate_at_1,
    hits_at_5 / mature_answered AS hit_rate_at_5,
    hits_at_10 / mature_answered AS hit_rate_at_10,
    hits_at_20 / mature_answered AS hit_rate_at_20,
    reciprocal_rank / mature_answered AS mrr,
    items_hit / items AS precision,
    latency[1] AS latency_p50_ms,
    latency[2] AS latency_p95_ms,
    latency[3] AS latency_p99_ms
FROM (
    SELECT
        r.variant,
        count(*) AS requests,
        count(*) FILTER (WHERE status = 200) AS answered,
        (count(*) FILTER (WHERE status = 200 AND mature))::float AS mature_answered,
        count(best_rank) FILTER (WHERE mature) AS hits,
        count(*) FILTER (WHERE mature AND best_rank <= 1) AS hits_at_1,
        count(*) FILTER (WHERE mature AND best_rank <= 5) AS hits_at_5,
        count(*) FILTER (WHERE mature AND best_rank <= 10) AS hits_at_10,
        count(*) FILTER (WHERE mature AND best_rank <= 20) AS hits_at_20,
        sum(1::float / best_rank) FILTER (WHERE mature) AS reciprocal_rank,
        (sum(items_hit) FILTER (WHERE mature))::float AS items_hit,
        sum(cardinality(items)) FILTER (WHERE mature) AS items,
        percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms)
            FILTER (WHERE status = 200) AS latency
    FROM telemetry.recommendation AS r
    LEFT JOIN telemetry.hit AS h USING (request_id, served_at)
    CROSS JOIN LATERAL (SELECT served_at < %(end)s - INTERVAL '1 hour') AS window_over (mature)
    WHERE served_at >= %(begin)s AND served_at < %(end)s
    GROUP BY r.variant
) AS counted
ORDER BY variant
"""


def measure() -> list[dict[str, Any]]:
    """Time both after each other's figures were compared, and the caches are as warm."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    begin = end - timedelta(hours=HOURS)
    with database() as dsn:
        engine = migrate(dsn).engine
        fill(dsn, begin, end)
        maintain(dsn)
        execute(dsn, "VACUUM ANALYZE")
        apart = compare(dsn, begin, end)
        ours_s = median_s(lambda: read_report(dsn, since=begin, until=end, by="variant"), 9)
        theirs_s = median_s(lambda: raw_figures(dsn, begin, end))
    row = ratio_row(
        "report of 24 h by variant, 10M requests",
        "the same from the raw tables: `percentile_cont`, a join with the hits",
        ours_s=ours_s,
        theirs_s=theirs_s,
        at_least=20,
        note=f"{engine}; rates equal, percentiles within {apart:.1%} (asked: 2 %); ours connects, "
        "and adds the corrected hit-rate, delays and data quality",
    )
    return [{**row, "met": row["met"] and apart <= 0.02}]


@contextmanager
def database() -> Iterator[str]:
    """Make a database on the server to measure on; it is gone afterwards."""
    given = os.environ.get("MARQUEE_TEST_TIMESCALE_DSN")
    if not given:
        with start_database(settings=SETTINGS) as server:
            yield server.dsn
        return
    execute(given, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    execute(given, f"CREATE DATABASE {DATABASE}")
    try:
        yield make_dsn(given, dbname=DATABASE)
    finally:
        execute(given, f"DROP DATABASE {DATABASE} WITH (FORCE)")


def execute(dsn: str, statement: str, **values: object) -> None:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement, values)


def fill(dsn: str, begin: datetime, end: datetime) -> None:
    for hour in range(HOURS):
        values = {
            "begin": begin + timedelta(hours=hour),
            "end": end,
            "requests": REQUESTS // HOURS,
        }
        execute(dsn, SERVE, **values)
        execute(dsn, HIT, **values)
    execute(dsn, APPLIED, end=end)


def raw_figures(dsn: str, begin: datetime, end: datetime) -> list[dict[str, Any]]:
    with (
        closing(psycopg2.connect(dsn)) as connection,
        connection.cursor(cursor_factory=RealDictCursor) as cursor,
    ):
        cursor.execute(RAW, {"begin": begin, "end": end})
        return [dict(row) for row in cursor]


def compare(dsn: str, begin: datetime, end: datetime) -> float:
    """Return how far percentiles are apart at most; other figures that differ are an error."""
    ours = read_report(dsn, since=begin, until=end, by="variant").groups
    apart = 0.0
    for mine, raw in zip(ours, raw_figures(dsn, begin, end), strict=True):
        assert mine["variant"] == raw["variant"]
        for name in EXACT:
            assert abs(mine[name] - raw[name]) <= 1e-9 * raw[name], (name, mine[name], raw[name])
        apart = max(apart, *(abs(mine[name] / raw[name] - 1) for name in LATENCIES))
    return apart


if __name__ == "__main__":
    print(measure())
