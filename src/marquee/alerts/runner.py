"""Rounds of judging and telling, and a heartbeat that shows they go on."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from marquee.alerts.incidents import Timing
from marquee.alerts.messages import incident_message
from marquee.alerts.rules import RULES, Rule
from marquee.alerts.slack import Slack, SlackError
from marquee.alerts.store import Claim, claim, observe, release, settle
from marquee.alerts.worker import Worker
from marquee.errors import DatabaseError
from marquee.telemetry.database import Connection, connected
from marquee.telemetry.jobs import record_job
from marquee.telemetry.migrate import expect_migrated
from marquee.telemetry.thresholds import Thresholds

logger = logging.getLogger(__name__)

JOB = "alerts"
"""The heartbeat's name among the jobs, which fails while nobody can be told; Grafana watches it."""
_DRAIN_S = 300.0
_BY_NAME = {rule.name: rule for rule in RULES}


class Runner:
    """Judges every rule, and tells Slack of what begins, goes on and ends."""

    def __init__(
        self,
        dsn: str,
        slack: Slack,
        thresholds: Thresholds,
        *,
        runbooks: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause_s: float = 1.0,
    ):
        self._dsn, self._slack, self._thresholds = dsn, slack, thresholds
        self._runbooks, self._clock = runbooks, clock
        self._worker = Worker(self._tell, pause_s=pause_s)
        self.refused: SlackError | None = None
        """Why the last message was not taken; None where it was."""

    def round(self) -> None:
        """Judge every rule once and queue what is to be told.

        A database that does not answer, or was not migrated to this version, is a
        :class:`~marquee.errors.DatabaseError`.
        """
        now = self._clock()
        with connected(self._dsn, application="marquee alerts") as connection:
            expect_migrated(connection)
            for rule in RULES:
                _judge(connection, rule, self._thresholds, now)
            claims = claim(connection, _BY_NAME, now=now, notices=self._thresholds.notices)
            untold = str(self.refused) if claims and self.refused else None
            for each in claims:
                if not self._worker.put(each):
                    release(connection, each)
            record_job(connection, JOB, at=now, error=untold)

    def close(self) -> bool:
        """Tell what is queued, and end; False where that takes minutes."""
        return self._worker.close(_DRAIN_S)

    def _tell(self, claimed: Claim) -> None:
        now = self._clock()
        if now >= claimed.claimed_until:
            return  # another runner has taken it over
        message = incident_message(claimed, _BY_NAME[claimed.rule], self._runbooks)
        thread = claimed.thread
        try:
            if claimed.kind == "begin":
                thread = self._slack.begin(message)
            elif claimed.kind == "follow":
                self._slack.follow(message, thread)
            else:
                self._slack.end(message, thread)
        except SlackError as error:
            self.refused = error
            logger.error("not_told incident=%r error=%s", claimed.fingerprint, error)
            with connected(self._dsn, application="marquee alerts") as connection:
                release(connection, claimed)
            return
        self.refused = None
        with connected(self._dsn, application="marquee alerts") as connection:
            settle(connection, claimed, thread, now)
        logger.info("told incident=%r kind=%s", claimed.fingerprint, claimed.kind)


def _judge(connection: Connection, rule: Rule, thresholds: Thresholds, now: datetime) -> None:
    with connection, connection.cursor() as cursor:
        findings = rule.check(cursor, thresholds, now)
    timing = Timing(rule.lasting, rule.recovery, timedelta(seconds=thresholds.notices.cooldown_s))
    observe(connection, rule.name, rule.severity, findings, now=now, timing=timing)


def run(runner: Runner, every_s: float | None, stop: Event) -> None:
    """Do one round, or a round every so many seconds until ``stop`` is set, and tell the rest.

    In the first case what Slack does not take is a :class:`~marquee.alerts.slack.SlackError`. In
    the second it is logged and told again, as a database that does not answer is asked again.
    """
    try:
        while True:
            try:
                runner.round()
            except DatabaseError as error:
                if every_s is None:
                    raise
                logger.error("round_failed error=%s", error)
            if every_s is None or stop.wait(every_s):
                break
    finally:
        if not runner.close():
            logger.warning("left messages behind; they are told when their lease is over")
    if every_s is None and runner.refused:
        raise runner.refused
