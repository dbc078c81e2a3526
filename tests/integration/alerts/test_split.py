"""Who met which variant, on a real database."""

from datetime import UTC, datetime, timedelta

from marquee.alerts.checks.sample_ratio import check_sample_ratio
from marquee.alerts.findings import Finding
from marquee.telemetry.thresholds import load_thresholds

from ...servers import execute
from .life import connect

NOW = datetime.now(UTC)
THRESHOLDS = load_thresholds()


def ask(dsn: str, variant: str, users: range, *, ago: timedelta, model: str = "m") -> None:
    """Each user asks twice."""
    execute(
        dsn,
        f"""
        INSERT INTO telemetry.recommendation
        SELECT
            gen_random_uuid(), TIMESTAMPTZ '{(NOW - ago).isoformat()}', id, '{variant}', '{model}',
            'server', 200, 10, '{{}}'
        FROM generate_series({users.start}, {users.stop - 1}) AS id, generate_series(1, 2)
        """,
    )


def found(dsn: str) -> Finding:
    with connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE marquee_writer")
        (finding,) = check_sample_ratio(cursor, THRESHOLDS, NOW)
        return finding


def test_users_are_counted_once_in_their_hours_where_the_service_names_a_variant(
    migrated: str,
) -> None:
    hour, window = timedelta(hours=1), timedelta(hours=THRESHOLDS.sample_ratio.hours)
    ask(migrated, "a", range(200), ago=hour)
    ask(migrated, "b", range(200, 420), ago=window - hour)
    ask(migrated, "a", range(1000, 2000), ago=window + hour)
    ask(migrated, "a", range(2000, 3000), ago=-hour)
    ask(migrated, "localhost:8082", range(3000, 4000), ago=hour, model="unknown")
    assert found(migrated).summary.startswith("users of a 200 (47.6%), b 220 (52.4%)")
