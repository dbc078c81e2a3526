"""Reading partitions of a topic from chosen offsets on, missing nothing."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from marquee.broker.clients import make_consumer
from marquee.broker.errors import BrokerUnavailable, broker_errors
from marquee.broker.topics import Broker, Topic
from marquee.errors import BrokerError

_POLL_S = 0.5
_FETCH: Mapping[str, Any] = {"fetch_min_bytes": 2**18, "fetch_max_wait_ms": 100}
"""Answers that wait a little for company: one for each record as it comes takes a whole core."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of a partition that follow each other, from offset ``first`` on."""

    partition: int
    first: int
    values: list[bytes | None]


class Reader:
    """Gives every record from where it stands on, in order by partition; :func:`read` makes one.

    An offset that is missing (compacted away, or taken by a transaction's marker), or that has
    expired, is a :class:`~marquee.errors.BrokerError`: what it gives is all there ever was.
    """

    def __init__(self, broker: Broker, topic: Topic, consumer: KafkaConsumer) -> None:
        self.topic = topic
        self._broker, self._consumer = broker, consumer
        self._next: dict[int, int] = {}

    @property
    def positions(self) -> dict[int, int]:
        """By partition, the offset that comes next."""
        return dict(self._next)

    def seek(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""
        self._next = dict(positions)
        self._consumer.assign([self._place(partition) for partition in positions])
        for partition, offset in positions.items():
            self._consumer.seek(self._place(partition), offset)

    def poll(self) -> list[Batch]:
        """Return what comes next, or nothing after half a second without a record."""
        with broker_errors(self._broker.options, self.topic.name):
            found = self._consumer.poll(timeout_ms=int(_POLL_S * 1000))
            if not found:
                self._expect_no_gap()
        return [self._batch(place.partition, records) for place, records in found.items()]

    def partition(self, partition: int, since: int, until: int) -> Iterator[Batch]:
        """Yield the records of one partition from ``since`` up to, not with, ``until``.

        Records that do not come in the options' time are a :class:`BrokerUnavailable`.
        """
        self.seek({partition: since})
        heard_at = time.monotonic()
        while since < until:
            for batch in self.poll():
                values = batch.values[: until - since]
                since += len(values)
                yield Batch(partition, batch.first, values)
                heard_at = time.monotonic()
            if time.monotonic() - heard_at > self._broker.options.timeout_s:
                raise self._silence(partition, since)

    def _batch(self, partition: int, records: Sequence[Any]) -> Batch:
        """Take records up to the first gap; it is found again by the next poll, if there is one."""
        first = self._next[partition]
        if records[0].offset != first:
            raise self._gap(partition)
        if records[-1].offset != first + len(records) - 1:
            records = [record for at, record in enumerate(records, first) if record.offset == at]
        self._next[partition] = first + len(records)
        return Batch(partition, first, [record.value for record in records])

    def _expect_no_gap(self) -> None:
        """Check that nothing was passed over without a record to show for it."""
        for partition, expected in self._next.items():
            position = self._consumer.position(self._place(partition), timeout_ms=0)
            if position is not None and position != expected:
                raise self._gap(partition)

    def _gap(self, partition: int) -> BrokerError:
        return BrokerError(
            f"topic {self.topic.name}: partition {partition} has no record at offset "
            f"{self._next[partition]}: compacted away, or a transaction's marker; only a topic "
            "without gaps can be read"
        )

    def _silence(self, partition: int, offset: int) -> BrokerError:
        self._broker.expect_same(self.topic)
        return BrokerUnavailable(
            f"topic {self.topic.name}: the broker at {self._broker.options.servers} gave nothing "
            f"of partition {partition} from offset {offset} on for "
            f"{self._broker.options.timeout_s:g} s"
        )

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self.topic.name, partition)


@contextmanager
def read(broker: Broker, topic: Topic) -> Iterator[Reader]:
    """Read a topic for the length of a block."""
    consumer = make_consumer(broker.options, **_FETCH)
    try:
        yield Reader(broker, topic, consumer)
    finally:
        consumer.close(autocommit=False)
