"""Incidents on a real database and a Slack: told once, in a thread, and when they are over."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, cast

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from marquee.alerts.findings import Finding, Outcome
from marquee.alerts.incidents import Timing
from marquee.alerts.runner import Runner, run
from marquee.alerts.slack import Bot, Thread
from marquee.alerts.store import LEASE, claim, observe, settle
from marquee.alerts.worker import Worker
from marquee.errors import DatabaseError
from marquee.telemetry.thresholds import load_thresholds

from ...servers import execute
from ...shell import attempt
from ..telemetry.running import wait_until
from .slack_server import Reply, SlackServer, api

THRESHOLDS = load_thresholds()
RULE = "retraining-overdue"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
COOLDOWN = timedelta(seconds=THRESHOLDS.notices.cooldown_s)
REMINDER = timedelta(seconds=THRESHOLDS.notices.reminder_s)


class Stage:
    """A database in which a model is old or not, runners, and a clock that is set."""

    def __init__(self, dsn: str, slack: SlackServer):
        self.dsn, self.slack, self.now = dsn, slack, START

    def deploy(self, age: timedelta) -> None:
        execute(self.dsn, "DELETE FROM telemetry.model_deploy")
        at = self.now - age
        execute(
            self.dsn,
            f"INSERT INTO telemetry.model_deploy VALUES ('m', '{at.isoformat()}', 'v', 'd')",
        )

    def runner(self, clock: Callable[[], datetime] | None = None) -> Runner:
        bot = Bot("xoxb-1", "C1", f"{self.slack.address}/api/")
        return Runner(
            make_dsn(self.dsn, options="-c role=marquee_writer"),
            bot,
            THRESHOLDS,
            runbooks="books",
            clock=clock or (lambda: self.now),
            pause_s=0,
        )

    def round(self, age: timedelta, after: timedelta = 5 * MINUTE) -> list[str]:
        """Let a time pass, judge once, and return what was posted."""
        self.now += after
        self.deploy(age)
        seen = len(self.slack.requests)
        runner = self.runner()
        runner.round()
        assert runner.close()
        return [request.body["text"].split(": ")[-1].split("\n")[0] for request in
                self.slack.requests[seen:]]  # fmt: skip

    def state(self) -> dict[str, Any]:
        with closing(psycopg2.connect(self.dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT state, announced, suppressed, claimed_until FROM telemetry.alert_state"
            )
            (row,) = cursor.fetchall()
            return dict(
                zip(("state", "announced", "suppressed", "claimed_until"), row, strict=True)
            )

    def waiting(self) -> int:
        """How many wait for a lock that another one holds."""
        with closing(psycopg2.connect(self.dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            ((number,),) = cursor.fetchall()
            return int(number)

    def heartbeat_after_round(self, runner: Runner, asked: int) -> str | None:
        """Judge once, wait until Slack was asked so often, and return the heartbeat's error."""
        self.now += 5 * MINUTE
        runner.round()
        wait_until(lambda: len(self.slack.requests) == asked and not self.state()["claimed_until"])
        with closing(psycopg2.connect(self.dsn)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT error FROM report.job WHERE job = 'alerts'")
            ((error,),) = cursor.fetchall()
            return cast("str | None", error)


@pytest.fixture
def stage(migrated: str, slack: SlackServer) -> Stage:
    return Stage(migrated, slack)


OLD, YOUNG = 40 * DAY, 1 * DAY


def test_an_incident_is_told_once_reminded_of_and_resolved_in_its_thread(stage: Stage) -> None:
    assert stage.round(YOUNG) == []
    assert stage.round(OLD) == ["firing"]
    assert stage.round(OLD) == []
    assert stage.round(OLD, REMINDER) == ["still firing"]
    assert stage.round(YOUNG) == ["resolved", "resolved"]
    assert stage.round(YOUNG) == []
    paths = [(r.path, r.body.get("thread_ts"), r.body.get("ts")) for r in stage.slack.requests]
    assert paths == [
        ("/api/chat.postMessage", None, None),
        ("/api/chat.postMessage", "1.000", None),
        ("/api/chat.update", None, "1.000"),
        ("/api/chat.postMessage", "1.000", None),
    ]


def test_a_message_says_what_is_wrong_since_when_and_what_to_read(stage: Stage) -> None:
    stage.round(OLD)
    (request,) = stage.slack.requests
    assert "40 days ago" in request.body["text"]
    note = request.body["blocks"][1]["elements"][0]["text"]
    assert note == "warning, firing since 2026-01-01 12:05 UTC · books/retraining-overdue.md"


def test_one_that_comes_back_soon_is_counted_and_told_after_the_cooldown(stage: Stage) -> None:
    assert stage.round(OLD) == ["firing"]
    assert stage.round(YOUNG) == ["resolved", "resolved"]
    assert stage.round(OLD) == []
    assert stage.round(YOUNG) == []
    assert stage.round(OLD) == []
    assert stage.state()["suppressed"] == 2
    assert stage.round(OLD, COOLDOWN) == ["firing"]
    note = stage.slack.requests[-1].body["blocks"][1]["elements"][0]["text"]
    assert "came back 2 times since the last message" in note
    assert stage.state()["suppressed"] == 0


def test_runners_at_once_tell_it_once(stage: Stage) -> None:
    stage.deploy(OLD)
    runners = [stage.runner() for _ in range(4)]
    with ThreadPoolExecutor(len(runners)) as pool:
        for _ in range(5):
            list(pool.map(lambda runner: runner.round(), runners))
    assert all(runner.close() for runner in runners)
    assert len(stage.slack.requests) == 1


def test_what_slack_refused_is_told_in_the_next_round(stage: Stage) -> None:
    stage.slack.script = [api({"ok": False, "error": "invalid_auth"})]
    stage.round(OLD)
    assert stage.state()["announced"] is None
    assert stage.state()["claimed_until"] is None
    assert stage.round(OLD) == ["firing"]


def test_what_a_runner_claimed_before_it_died_is_told_when_its_lease_is_over(stage: Stage) -> None:
    stage.round(OLD)
    execute(
        stage.dsn,
        "UPDATE telemetry.alert_state SET announced = NULL, last_sent_at = NULL, "
        f"claimed_until = '{(stage.now + 10 * MINUTE).isoformat()}'",
    )
    assert stage.round(OLD) == []
    assert stage.round(OLD) == ["firing"]


def test_what_was_told_and_not_recorded_is_told_a_second_time_and_no_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError("it is shut down")

    with monkeypatch.context() as patch:
        patch.setattr("marquee.alerts.runner.settle", fail)
        assert stage.round(OLD) == ["firing"]
    assert stage.round(OLD) == []
    assert stage.round(OLD, LEASE) == ["firing"]
    assert stage.round(OLD, LEASE) == []


def test_each_round_leaves_a_heartbeat(stage: Stage) -> None:
    stage.round(YOUNG)
    with closing(psycopg2.connect(stage.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT succeeded_at FROM report.job WHERE job = 'alerts'")
        assert cursor.fetchall() == [(stage.now,)]


def test_what_a_full_queue_has_no_room_for_is_told_in_the_next_round(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "put", lambda *_: False)
        assert stage.round(OLD) == []
    assert stage.round(OLD) == ["firing"]


def test_what_waited_for_longer_than_its_lease_is_left_to_the_next_round(stage: Stage) -> None:
    stage.deploy(OLD)
    judged_and_told = iter((START, START + LEASE))
    runner = stage.runner(lambda: next(judged_and_told))
    runner.round()
    assert runner.close()
    assert stage.slack.requests == []
    assert stage.round(OLD, LEASE) == ["firing"]


def test_a_runner_that_was_overtaken_records_nothing(stage: Stage) -> None:
    finding = Finding("", Outcome.BAD, "old")
    late, now = START + LEASE, START + LEASE + MINUTE
    with closing(psycopg2.connect(stage.dsn)) as connection:
        observe(connection, RULE, "warning", [finding], now=START, timing=Timing())
        (first,), (second,) = (
            claim(connection, [RULE], now=at, notices=THRESHOLDS.notices) for at in (START, late)
        )
        settle(connection, first, Thread("C1", "first"), now)
        assert stage.state()["announced"] is None
        settle(connection, second, Thread("C1", "second"), now)
        assert stage.state()["announced"] == "firing"


def test_runners_take_turns_at_a_rule(stage: Stage) -> None:
    finding = Finding("", Outcome.BAD, "old")
    with (
        closing(psycopg2.connect(stage.dsn)) as one,
        closing(psycopg2.connect(stage.dsn)) as other,
        ThreadPoolExecutor(1) as pool,
        one.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('marquee alerts ' || %s, 0))", (RULE,)
        )
        observed = pool.submit(
            observe, other, RULE, "warning", [finding], now=START, timing=Timing()
        )
        wait_until(lambda: stage.waiting() == 1)
        one.rollback()
        observed.result()
    assert stage.state()["state"] == "firing"


def test_what_is_not_measured_any_more_is_over(stage: Stage) -> None:
    with closing(psycopg2.connect(stage.dsn)) as connection:
        for findings, state in (([Finding("", Outcome.BAD, "old")], "firing"), ([], "resolved")):
            observe(connection, RULE, "warning", findings, now=START, timing=Timing())
            assert stage.state()["state"] == state


def test_an_incident_of_another_versions_rule_is_left_alone(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    execute(
        stage.dsn,
        "INSERT INTO telemetry.alert_state"
        " (fingerprint, rule, subject, severity, state, since, summary)"
        " VALUES ('newer', 'newer', '', 'warning', 'firing', now(), '')",
    )
    assert stage.round(YOUNG) == []
    assert caplog.messages == []
    assert stage.state()["claimed_until"] is None


def test_the_heartbeat_fails_while_slack_refuses_what_waits(stage: Stage) -> None:
    stage.slack.script = [api({"ok": False, "error": "token_revoked"})] * 2
    runner = stage.runner()
    stage.deploy(OLD)
    errors = [stage.heartbeat_after_round(runner, asked) for asked in (1, 2, 3, 3)]
    assert runner.close()
    refused = "Slack channel C1, as a bot: chat.postMessage refused: token_revoked"
    assert errors == [None, refused, refused, None]


def test_a_database_that_is_away_is_asked_again(
    slack: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    runner, stop = Stage("postgresql://nobody@127.0.0.1:1/x", slack).runner(), Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, runner, 0.01, stop)
        try:
            wait_until(lambda: caplog.text.count("round_failed error=database x") >= 2)
        finally:
            stop.set()
        running.result()


def marquee(*words: str, **environment: str) -> tuple[int, str]:
    done = attempt("marquee", "alerts", *words, **environment)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_the_sample_says_where_it_went(slack: SlackServer) -> None:
    url = f"{slack.address}/services/secret"
    code, said = marquee("test", MARQUEE_SLACK_WEBHOOK=url)
    assert (code, said) == (0, "sent a sample: Slack, by webhook\n")
    assert "nothing is wrong" in slack.requests[0].body["text"]


def test_the_sample_to_a_revoked_webhook_is_an_error_of_a_line(slack: SlackServer) -> None:
    slack.script = [Reply(404, "no_service")]
    code, said = marquee("test", MARQUEE_SLACK_WEBHOOK=f"{slack.address}/services/secret")
    assert code == 9
    assert said.count("\n") == 1
    assert "no_service" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "neither MARQUEE_SLACK_TOKEN nor MARQUEE_SLACK_WEBHOOK is set"),
        ({"MARQUEE_SLACK_TOKEN": "xoxb-secret"}, "MARQUEE_SLACK_CHANNEL is not set"),
        ({"MARQUEE_SLACK_WEBHOOK": "hooks/secret"}, "an address that begins with https://"),
    ],
)
def test_a_missing_or_wrong_setting_is_an_error_of_a_line(
    environment: dict[str, str], message: str
) -> None:
    code, said = marquee("test", **environment)
    assert code == 2
    assert message in said
    assert "secret" not in said


def one_round(stage: Stage) -> tuple[int, str]:
    return marquee(
        "run",
        "--once",
        MARQUEE_DSN=stage.dsn,
        MARQUEE_SLACK_WEBHOOK=f"{stage.slack.address}/services/secret",
    )


def test_one_round_from_the_command_tells_and_ends(stage: Stage) -> None:
    stage.now = datetime.now(UTC)
    stage.deploy(OLD)
    code, said = one_round(stage)
    assert code == 0
    assert "told incident='retraining-overdue' kind=begin" in said
    assert len(stage.slack.requests) == 1
    assert "secret" not in said


def test_one_round_that_slack_refuses_is_an_error(stage: Stage) -> None:
    stage.now = datetime.now(UTC)
    stage.deploy(OLD)
    stage.slack.script = [Reply(404, "no_service")]
    code, said = one_round(stage)
    assert code == 9
    assert "refused with 404 'no_service'" in said
    assert "secret" not in said


def test_a_failed_retraining_is_told_until_it_succeeds(migrated: str, slack: SlackServer) -> None:
    settings = {
        "MARQUEE_DSN": migrated,
        "MARQUEE_SLACK_WEBHOOK": f"{slack.address}/services/secret",
    }
    assert marquee("ran", "retraining", "--error", "out of disk", **settings)[0] == 0
    assert "kind=begin" in marquee("run", "--once", **settings)[1]
    assert marquee("ran", "retraining", **settings)[0] == 0
    assert "kind=end" in marquee("run", "--once", **settings)[1]
    assert "out of disk" in slack.requests[0].body["text"]


def test_a_job_that_failed_without_a_word_has_failed(migrated: str) -> None:
    said = marquee("ran", "backup", "--error", "", MARQUEE_DSN=migrated)
    assert said == (0, "backup failed\n")


@pytest.mark.parametrize("words", [["run", "--once"], ["ran", "retraining"]])
def test_a_database_that_was_not_migrated_is_said(database: str, words: list[str]) -> None:
    settings = {"MARQUEE_DSN": database, "MARQUEE_SLACK_WEBHOOK": "http://127.0.0.1:9/secret"}
    code, said = marquee(*words, **settings)
    assert code == 8
    assert "run `marquee telemetry migrate`" in said
