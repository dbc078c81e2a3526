"""A member of the consumer group that reads on from where the database stands."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from threading import Event
from typing import Any, Self

from kafka import ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from marquee.broker.clients import make_consumer
from marquee.broker.errors import broker_errors
from marquee.broker.options import BrokerOptions
from marquee.telemetry.records import Record

POLL_S = 0.2
"""How long a poll waits at most; a stop is noticed after it."""
IDLE_S = 1.0
"""How long to wait for a first record before there is none."""
MOST_BYTES = 16 * 2**20
"""What of a batch is enough, however few lines it is: a line may have a megabyte."""
_GIVE_UP_S = 2.0

_CONFIG: Mapping[str, Any] = {
    # A new partition is read after this long at most.
    "metadata_max_age_ms": 5_000,
    # The partitions of a writer that died are read on after this long.
    "session_timeout_ms": 10_000,
    # Answers that wait for company: asking for each record as it comes takes a whole core.
    "fetch_min_bytes": 2**18,
    "fetch_max_wait_ms": 100,
    "fetch_max_bytes": MOST_BYTES,
}


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads batches of a topic; partitions stand still until :meth:`place` says where to start.

    Its errors are :class:`~marquee.errors.BrokerError`. It is for one thread.
    """

    def __init__(self, options: BrokerOptions, group: str, topic: str) -> None:
        self._options, self._topic = options, topic
        self.unplaced = False
        """Whether partitions came that :meth:`place` has not been called for."""
        self._consumer = make_consumer(options, group, **_CONFIG)
        self._consumer.subscribe([topic], listener=self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the group, so that others take over at once; or be missed by it a little later."""
        with suppress(KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=int(_GIVE_UP_S * 1000))

    @property
    def partitions(self) -> list[int]:
        """The partitions that are ours at the moment."""
        return sorted(place.partition for place in self._consumer.assignment())

    def collect(self, size: int, seconds: float, stop: Event) -> list[Record]:
        """Return up to ``size`` records, in order by partition, ``seconds`` after the first.

        Fewer, and sooner, once they hold ``MOST_BYTES``. None after ``IDLE_S`` without a first
        one, none when ``stop`` is set before it, and none as soon as partitions are to be placed:
        what had come belongs to an assignment that is over.
        """
        records: list[Record] = []
        held = 0
        until = time.monotonic() + IDLE_S
        while len(records) < size and held < MOST_BYTES and not stop.is_set():
            left = until - time.monotonic()
            if left <= 0:
                break
            came = self._poll(min(left, POLL_S), size - len(records))
            if self.unplaced:
                return []
            if came and not records:
                until = time.monotonic() + seconds
            records += came
            held += sum(len(record.value or b"") for record in came)
        return records

    def _poll(self, seconds: float, most: int) -> list[Record]:
        with broker_errors(self._options, self._topic):
            parts = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=most)
        return [record for part in parts.values() for record in part]

    def hold(self) -> None:
        """Stand still until :meth:`place` says where to go on."""
        for place in self._consumer.assignment():
            self._hold(place)
        self.unplaced = True

    def place(self, next_offsets: Mapping[int, int]) -> None:
        """Read each of the partitions that are ours from an offset on."""
        self.unplaced = False
        for place in self._consumer.assignment():
            self._consumer.seek(place, next_offsets[place.partition])
            self._consumer.resume(place)

    def join_anew(self) -> None:
        """Leave the group and join it again, so that partitions are shared out anew."""
        with broker_errors(self._options, self._topic):
            self._consumer.unsubscribe()
            self._consumer.subscribe([self._topic], listener=self)

    def commit(self, next_offsets: Mapping[int, int]) -> None:
        """Tell the broker how far the database is, without waiting; others only look at it."""
        self._consumer.commit_async(self._committed(next_offsets))

    def commit_last(self, next_offsets: Mapping[int, int]) -> None:
        """Do the same and wait for it, a little."""
        with broker_errors(self._options, self._topic):
            self._consumer.commit(self._committed(next_offsets), timeout_ms=_GIVE_UP_S * 1000)

    def _committed(self, next_offsets: Mapping[int, int]) -> dict[TopicPartition, Any]:
        ours = set(self.partitions)
        return {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in next_offsets.items()
            if partition in ours
        }

    def _hold(self, place: TopicPartition) -> None:
        self._consumer.pause(place)
        # Without any position, poll asks the broker for one, which is not the database's.
        self._consumer.seek(place, 0)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Hold them; called within poll, in the thread that also keeps up the group."""
        for place in assigned:
            self._hold(place)
        self.unplaced = True

    def on_partitions_revoked(self, _: Iterable[TopicPartition]) -> None:
        """Insist on joining anew, which begins with this; the database knows what is done.

        kafka-python 3.0.12 else forgets a join for new partitions that outlasts a poll: it stays
        with its old ones, and sends no heartbeat any more.
        """
        self._consumer._coordinator.request_rejoin()
