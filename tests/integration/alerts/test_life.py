"""Each alert fires on its incident, says nothing of the others', and is silent on healthy days.

``MARQUEE_HEALTHY_DAYS`` says on how many, each of another seed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from marquee.telemetry.deploys import record_deploy
from marquee.telemetry.jobs import record_job
from marquee.telemetry.references import Background, Verdict, record_background

from ...seed import Seeded, seed_database
from ...servers import fresh_database, with_schema
from .life import MINUTE, Life, connect

HOUR = timedelta(hours=1)
END = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) - timedelta(days=1)
"""Always at the same time of day, as people sleep; rows of long ago would be dropped."""
HEALTHY = int(os.environ.get("MARQUEE_HEALTHY_DAYS", "2"))
ROUND = timedelta(minutes=5)


@contextmanager
def lived(postgres: str, *, seed: int = 1, **incidents: datetime) -> Iterator[tuple[Life, Seeded]]:
    """A day with incidents, and the jobs that a platform has."""
    with fresh_database(postgres) as dsn:
        seeded = seed_database(with_schema(dsn), seed=seed, end=END, **incidents)
        with connect(dsn) as connection:
            record_job(connection, "alerts", at=END + HOUR)
            record_job(connection, "retraining", at=seeded.begin)
            yield Life(connection), seeded


@pytest.mark.parametrize("seed", range(1, HEALTHY + 1))
def test_a_healthy_day_is_silent(postgres: str, seed: int) -> None:
    with lived(postgres, seed=seed) as (life, seeded):
        fired = life.fired(life.names, seeded.begin + HOUR, seeded.end, 20 * MINUTE)
    assert fired == set()


INCIDENTS = [
    ("latency_step", 8 * HOUR, {"latency-burn-60m": 30, "latency-burn-360m": 90}),
    ("outage", 8 * HOUR, {"availability-burn-60m": 45, "availability-burn-360m": 120}),
    ("hit_rate_drop", 12 * HOUR, {"hit-rate-drop": 360}),
    ("uneven_split", 23 * HOUR, {"sample-ratio-mismatch": 360}),
    ("drifted_genres", 23 * HOUR, {"drift": 720}),
    # The database knows of no request since, either.
    ("stuck_writer", 2 * HOUR, {"writer-lag": 10, "silence": 20}),
    ("failed_job", 2 * HOUR, {"stale-aggregates": 20}),
    ("silence", 2 * HOUR, {"silence": 20}),
]
"""The incident, how long before the end it begins, and what fires within how many minutes."""
NAMES = [incident for incident, *_ in INCIDENTS]


@pytest.mark.parametrize(
    ("incident", "before", "within"), INCIDENTS, ids=[incident for incident, *_ in INCIDENTS]
)
def test_an_incident_fires_its_alerts_and_no_other(
    postgres: str,
    capsys: pytest.CaptureFixture[str],
    incident: str,
    before: timedelta,
    within: dict[str, int],
) -> None:
    begin = END - before
    with lived(postgres, **{incident: begin}) as (life, _):
        for name, minutes in within.items():
            step = ROUND if name in life.judged_here else MINUTE
            fired_at = life.first_firing(name, begin, END, step)
            assert fired_at is not None, name
            delay = fired_at - begin
            with capsys.disabled():
                print(f"\n{incident}: {name} after {delay // MINUTE} min")  # noqa: T201
            assert delay <= minutes * MINUTE
        assert life.fired(life.names - within.keys(), begin, END, 20 * MINUTE) == set()


@pytest.fixture(params=["migrated", pytest.param("timescale", marks=pytest.mark.timescale)])
def quiet(request: pytest.FixtureRequest) -> Iterator[Life]:
    """A database of either engine in which nothing has happened."""
    with connect(request.getfixturevalue(request.param)) as connection:
        yield Life(connection)


def test_every_query_gives_a_number_where_nothing_has_happened(quiet: Life) -> None:
    values = {name: quiet.value(name, END) for name in quiet.names - set(quiet.judged_here)}
    assert {name for name, value in values.items() if value > 0} == {"silence", "alerts-heartbeat"}


def test_a_database_without_a_request_is_silence(quiet: Life) -> None:
    assert quiet.first_firing("silence", END, END + HOUR, MINUTE) == END + MINUTE


def test_a_runner_that_has_stopped_or_never_began_fires(quiet: Life) -> None:
    assert quiet.first_firing("alerts-heartbeat", END, END + HOUR, MINUTE) == END + MINUTE
    record_job(quiet.connection, "alerts", at=END)
    assert quiet.first_firing("alerts-heartbeat", END, END + HOUR, MINUTE) == END + 17 * MINUTE


def test_a_runner_that_can_tell_nobody_has_one_owner(quiet: Life) -> None:
    record_job(quiet.connection, "alerts", at=END)
    record_job(quiet.connection, "alerts", error="token_revoked", at=END + MINUTE)
    names = {"failed-job", "alerts-heartbeat"}
    assert quiet.fired(names, END, END + HOUR, MINUTE) == {"alerts-heartbeat"}


def test_a_job_that_failed_fires_until_it_succeeds(quiet: Life) -> None:
    record_job(quiet.connection, "backup", error="disk full", at=END)
    assert quiet.first_firing("failed-job", END, END + HOUR, MINUTE) == END + 5 * MINUTE
    record_job(quiet.connection, "backup", at=END + MINUTE)
    assert quiet.first_firing("failed-job", END, END + HOUR, MINUTE) is None


def test_a_failed_retraining_has_one_owner(quiet: Life) -> None:
    record_job(quiet.connection, "retraining", error="out of memory", at=END)
    names = {"failed-job", "retraining-failed"}
    assert quiet.fired(names, END, END + HOUR, ROUND) == {"retraining-failed"}


@pytest.mark.parametrize(("kind", "rule"), [("fairness", "fairness-gap"), ("gate", "gate-verdict")])
@pytest.mark.parametrize("verdict", ["pass", "inconclusive", "fail"])
def test_a_model_in_service_whose_verdict_is_fail_fires(
    quiet: Life, kind: Literal["fairness", "gate"], rule: str, verdict: str
) -> None:
    record_deploy(quiet.connection, variant="v", model_version="m", provenance_digest="d")
    judged = Verdict(kind, "gender", verdict, 0.2, 0.1, 0.3, 0.05)
    record_background(quiet.connection, "m", Background(None, [judged]))
    later = datetime.now(UTC) + MINUTE
    fired = quiet.fired({"fairness-gap", "gate-verdict"}, later, later, ROUND)
    assert fired == ({rule} if verdict == "fail" else set())
