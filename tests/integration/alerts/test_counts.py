"""Which answers, of when and of whom, checks count, on a real database."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from marquee.alerts.checks.hit_rate import check_hit_rate
from marquee.alerts.checks.sample_ratio import check_sample_ratio
from marquee.alerts.checks.verdicts import check_gate
from marquee.alerts.findings import Finding
from marquee.telemetry.database import Cursor
from marquee.telemetry.thresholds import Thresholds, load_thresholds

from ...servers import execute
from .life import connect

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THRESHOLDS = load_thresholds()


def answer(
    dsn: str, variant: str, users: range, *, ago: timedelta, hits: int = 0, model: str = "m"
) -> None:
    """Each user is answered once; ``hits`` of them watch what they were told of."""
    execute(
        dsn,
        f"""
        WITH answer AS (
            INSERT INTO telemetry.recommendation
            SELECT
                gen_random_uuid(), TIMESTAMPTZ '{(NOW - ago).isoformat()}', id, '{variant}',
                '{model}', 'server', 200, 10, '{{a}}'
            FROM generate_series({users.start}, {users.stop - 1}) AS id
            RETURNING *
        )
        INSERT INTO telemetry.hit
        SELECT request_id, served_at, variant, model_version, served_at, 1, 'a', 'watch', 1, 1
        FROM answer LIMIT {hits}
        """,
    )


def found(
    dsn: str, check: Callable[[Cursor, Thresholds, datetime], Sequence[Finding]], now: datetime
) -> str:
    with connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE marquee_writer")
        (finding,) = check(cursor, THRESHOLDS, now)
        return finding.summary


def test_users_are_counted_once_in_their_hours_where_the_service_names_a_variant(
    migrated: str,
) -> None:
    window = THRESHOLDS.sample_ratio.hours * HOUR
    answer(migrated, "a", range(200), ago=HOUR)
    answer(migrated, "a", range(200), ago=2 * HOUR)
    answer(migrated, "b", range(200, 420), ago=window - HOUR)
    answer(migrated, "a", range(1000, 2000), ago=window + HOUR)
    answer(migrated, "a", range(2000, 3000), ago=-HOUR)
    answer(migrated, "localhost:8082", range(3000, 4000), ago=HOUR, model="unknown")
    summary = found(migrated, check_sample_ratio, NOW)
    assert summary.startswith("users of a 200 (47.6%), b 220 (52.4%)")


def test_hours_whose_answers_can_still_get_hits_do_not_count(migrated: str) -> None:
    """Two hours after it began an hour is over, and the hit window of its last answer too."""
    execute(
        migrated,
        "INSERT INTO telemetry.stream_offset VALUES"
        f" ('t', 0, 'c', gen_random_uuid(), 0, 9, 9, '{(NOW + DAY).isoformat()}', now())",
    )
    recent, before = (
        THRESHOLDS.hit_rate.recent_hours * HOUR,
        THRESHOLDS.hit_rate.baseline_days * DAY,
    )
    mature = 2 * HOUR
    answer(migrated, "a", range(100), ago=mature - HOUR)
    answer(migrated, "a", range(100), ago=mature, hits=50)
    answer(migrated, "a", range(20), ago=mature + recent - HOUR, hits=10)
    answer(migrated, "a", range(100), ago=mature + recent, hits=60)
    answer(migrated, "a", range(100), ago=mature + recent + before - HOUR, hits=60)
    answer(migrated, "a", range(100), ago=mature + recent + before, hits=0)
    summary = found(migrated, check_hit_rate, NOW)
    assert summary.startswith("hit-rate 0.5000 of 120 mature answers, 0.6000 of 200 before")


def test_the_verdict_on_what_a_variant_was_last_given_counts(migrated: str) -> None:
    for model, ago, verdict in (
        ("old", 2 * DAY, "fail"),
        ("new", DAY, "pass"),
        ("next", -DAY, "fail"),
    ):
        execute(
            migrated,
            "INSERT INTO telemetry.model_deploy VALUES"
            f" ('{model}', '{(NOW - ago).isoformat()}', 'v', 'd');"
            f"INSERT INTO telemetry.model_verdict VALUES ('{model}', 'gate', 'ndcg', '{verdict}')",
        )
    assert found(migrated, check_gate, NOW) == "ndcg of v: pass"
    assert found(migrated, check_gate, NOW - 3 * DAY / 2) == "ndcg of v: fail"
