"""The writer: batches from the consumer group, a transaction each, until told to stop."""

import logging
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from threading import Event

from marquee.broker.errors import BrokerUnavailable
from marquee.broker.options import BrokerOptions
from marquee.broker.topics import Broker, Topic, connect
from marquee.broker.waiting import wait_for_topic
from marquee.errors import BrokerError
from marquee.telemetry.apply import apply_batch
from marquee.telemetry.backoff import delays
from marquee.telemetry.batching import LEAST, next_size
from marquee.telemetry.consumer import Consumer
from marquee.telemetry.database import Connection, DatabaseUnavailable
from marquee.telemetry.decode import decode
from marquee.telemetry.migrate import expect_migrated
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.reconnect import Reconnecting
from marquee.telemetry.records import Record, Rules, Stream
from marquee.telemetry.vitals import Vitals

logger = logging.getLogger(__name__)

PATIENCE_S = 5.0
"""How long a broker that has just come back may deny what it has before it is believed."""

UNREAD_S = 5.0
"""How long lines may wait that no writer reads before partitions are shared out anew."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read where, and how it is written."""

    broker: BrokerOptions
    topic: str
    group: str
    dsn: str = field(repr=False)
    rules: Rules
    batch_max: int
    batch_seconds: float


def write(plan: Plan, vitals: Vitals, stop: Event) -> None:
    """Apply the topic to the database until ``stop`` is set.

    At the start whatever is wrong is an error at once, but a topic that is not there yet is waited
    for. Later a broker or database that is away is waited for, as long as it takes; what waiting
    does not mend (a topic that was deleted, made anew or has lost records, a gap, another hit
    window) is a :class:`~marquee.errors.BrokerError` or a :class:`~marquee.errors.DatabaseError`.
    Nothing is lost or applied twice, wherever it is broken off.
    """
    with closing(Reconnecting(plan.dsn, application="marquee writer")) as database:
        with database.connection() as connection:
            expect_migrated(connection)
        vitals.database.good()
        with connect(plan.broker) as broker:
            topic = wait_for_topic(
                broker, plan.topic, stop, lambda error: _note_waiting(vitals, database, error)
            )
            if topic is None:
                return
            vitals.broker.good()
            with database.connection() as connection:
                open_stream(connection, _stream(topic), topic.beginnings, rules=plan.rules)
            decode([], plan.rules.scale, datetime.now(UTC))  # compiled before lines wait for it
            with Consumer(plan.broker, plan.group, plan.topic) as consumer:
                _Loop(plan, vitals, database, broker, consumer).run(stop)


def _note_waiting(vitals: Vitals, database: Reconnecting, error: BrokerError) -> None:
    vitals.broker.lost(error)
    try:
        with database.connection() as connection:
            _ping(connection)
        vitals.database.good()
    except DatabaseUnavailable as lost:
        vitals.database.lost(lost)
    vitals.beat()


def _stream(topic: Topic) -> Stream:
    return Stream(topic.name, topic.topic_id, topic.cluster_id)


class _Loop:
    def __init__(
        self,
        plan: Plan,
        vitals: Vitals,
        database: Reconnecting,
        broker: Broker,
        consumer: Consumer,
    ) -> None:
        self._plan, self._vitals = plan, vitals
        self._database, self._broker, self._consumer = database, broker, consumer
        self._size = min(LEAST, plan.batch_max)
        self._next_offsets: dict[int, int] = {}
        self._waits = delays(Random())  # noqa: S311
        self._denied_at: float | None = None
        self._unread: tuple[int, float] | None = None

    def run(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                self._turn(stop)
            except (BrokerError, DatabaseUnavailable) as error:
                self._bear(error)
                stop.wait(next(self._waits))
            self._vitals.beat()
        with suppress(BrokerError):
            self._consumer.commit_last(self._next_offsets)

    def _turn(self, stop: Event) -> None:
        records = self._consumer.collect(self._size, self._plan.batch_seconds, stop)
        # Between the records' coming and their application: kafka-python reads a topic by its
        # name, so they may be those of another one that took its place.
        topic = self._broker.describe(self._plan.topic)
        if self._denied_at is None:
            self._vitals.broker.good()
        with self._database.connection() as connection:
            if self._consumer.unplaced:
                # No more than a start: what failed before it has yet to be tried again.
                self._place(connection, topic)
                return
            if records:
                self._apply(connection, topic, records)
            elif self._consumer.partitions:
                _ping(connection)
            else:
                self._look_after(connection, topic)
        self._vitals.database.good()
        self._vitals.figures.lag(self._lag(topic))
        self._denied_at, self._waits = None, delays(Random())  # noqa: S311

    def _place(self, connection: Connection, topic: Topic) -> None:
        self._next_offsets = open_stream(
            connection, _stream(topic), topic.beginnings, rules=self._plan.rules
        )
        if unknown := set(self._consumer.partitions) - self._next_offsets.keys():
            raise BrokerUnavailable(f"topic {topic.name}: no word of partitions {unknown} yet")
        self._consumer.place(self._next_offsets)
        logger.info("reading topic=%s partitions=%s", topic.name, self._consumer.partitions)

    def _look_after(self, connection: Connection, topic: Topic) -> None:
        """Join the group anew when we have no partition and nobody reads what waits in them.

        kafka-python 3.0.12 may share out a topic of which it knows no partition at that moment, as
        one that has just been made, and see no reason later to do it again.
        """
        applied = sum(
            open_stream(
                connection, _stream(topic), topic.beginnings, rules=self._plan.rules
            ).values()
        )
        now = time.monotonic()
        if applied >= sum(topic.ends.values()):
            self._unread = None
        elif self._unread is None or self._unread[0] != applied:
            self._unread = (applied, now)
        elif now - self._unread[1] > UNREAD_S:
            logger.warning("nobody reads topic=%s, joining the group anew", topic.name)
            self._consumer.join_anew()
            self._unread = None

    def _apply(self, connection: Connection, topic: Topic, records: list[Record]) -> None:
        began = time.monotonic()
        applied = apply_batch(
            connection,
            _stream(topic),
            records,
            topic.ends,
            rules=self._plan.rules,
            now=datetime.now(UTC),
        )
        seconds = time.monotonic() - began
        self._next_offsets = dict(applied.next_offsets)
        self._consumer.commit(self._next_offsets)
        self._vitals.figures.applied(applied, seconds)
        lag = sum(self._lag(topic).values())
        self._size = next_size(self._size, most=self._plan.batch_max, seconds=seconds, lag=lag)

    def _lag(self, topic: Topic) -> dict[int, int]:
        ours = set(self._consumer.partitions) & self._next_offsets.keys() & topic.ends.keys()
        return {
            partition: topic.ends[partition] - self._next_offsets[partition] for partition in ours
        }

    def _bear(self, error: BrokerError | DatabaseUnavailable) -> None:
        """Note what went wrong, to go on from where the database stands; or raise it."""
        self._consumer.hold()
        self._size = min(LEAST, self._plan.batch_max)
        if isinstance(error, DatabaseUnavailable):
            self._vitals.database.lost(error)
            return
        self._vitals.broker.lost(error)
        now = time.monotonic()
        if isinstance(error, BrokerUnavailable):
            self._denied_at = None
        elif self._denied_at is None:
            self._denied_at = now
        elif now - self._denied_at > PATIENCE_S:
            raise error


def _ping(connection: Connection) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT")
