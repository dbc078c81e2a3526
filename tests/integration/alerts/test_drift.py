"""What people watch against what a model was trained on, on a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from marquee.alerts.checks.drift import check_drift
from marquee.alerts.findings import Finding, Outcome
from marquee.telemetry.thresholds import load_thresholds

from ...servers import execute
from .life import connect

NOW = datetime.now(UTC)
SINCE = NOW - timedelta(hours=1)
KNOWN = f"""
INSERT INTO telemetry.model_deploy VALUES ('m', '{SINCE.isoformat()}', 'v', 'd');
INSERT INTO telemetry.reference_movie VALUES
    ('m', 'alien+1979', '{{Horror, SciFi}}', 'tenth 1'), ('m', 'big+1988', '{{Comedy}}', 'tenth 2');
INSERT INTO telemetry.reference_distribution VALUES
    ('m', 'genre', 'Horror', 5000), ('m', 'genre', 'SciFi', 5000), ('m', 'genre', 'Comedy', 5000),
    ('m', 'popularity', 'tenth 1', 5000), ('m', 'popularity', 'tenth 2', 5000);
"""


@pytest.fixture(params=["migrated", pytest.param("timescale", marks=pytest.mark.timescale)])
def platform(request: pytest.FixtureRequest) -> str:
    """A database of either engine with a model that knows two movies."""
    dsn: str = request.getfixturevalue(request.param)
    execute(dsn, KNOWN)
    return dsn


def watch(dsn: str, movie: str, users: int, *, times: int = 1) -> None:
    """So many users watch a movie, in so many slots each."""
    execute(
        dsn,
        f"""
        INSERT INTO telemetry.interaction
        SELECT id, '{movie}', 'watch', at, at, 1
        FROM generate_series(1, {users}) AS id, generate_series(1, {times}) AS slot
        CROSS JOIN LATERAL (
            SELECT TIMESTAMPTZ '{SINCE.isoformat()}' + slot * INTERVAL '1 minute'
        ) AS happened (at)
        """,
    )


def watched(dsn: str) -> dict[tuple[str, str], int]:
    with connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE marquee_reader")
        cursor.execute("SELECT * FROM report.watched('m', %s, %s)", (SINCE, NOW))
        return {(feature, name): events for feature, name, events in cursor.fetchall()}


def findings(dsn: str) -> dict[str, Finding]:
    with connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE marquee_writer")
        return {one.subject: one for one in check_drift(cursor, load_thresholds(), NOW)}


def test_a_user_and_movie_count_once(platform: str) -> None:
    watch(platform, "alien+1979", 20, times=5)
    watch(platform, "unheard+2025", 3)
    assert watched(platform) == {
        ("genre", "Horror"): 20,
        ("genre", "SciFi"): 20,
        ("popularity", "tenth 1"): 20,
        ("popularity", "not in train"): 3,
    }


def test_of_many_a_32nd_of_the_users_is_asked(platform: str) -> None:
    watch(platform, "alien+1979", 90_000, times=2)
    watch(platform, "big+1988", 30_000)
    found = watched(platform)
    assert found["popularity", "tenth 1"] == pytest.approx(90_000 / 32, rel=0.1)
    assert found["popularity", "tenth 2"] == pytest.approx(30_000 / 32, rel=0.1)


def test_what_is_watched_as_in_training_is_no_drift(platform: str) -> None:
    watch(platform, "alien+1979", 500)
    watch(platform, "big+1988", 500)
    assert {one.outcome for one in findings(platform).values()} == {Outcome.GOOD}


def test_movies_that_the_model_does_not_know_are_drift(platform: str) -> None:
    watch(platform, "alien+1979", 500)
    watch(platform, "big+1988", 500)
    watch(platform, "unheard+2025", 600)
    found = findings(platform)
    assert found["catalogue"].outcome is Outcome.BAD
    assert found["genre"].outcome is Outcome.GOOD
    assert found["popularity"].outcome is Outcome.GOOD
