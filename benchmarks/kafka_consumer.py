"""Kafka to parsed batches, against kafka-python's bare poll loop over the same topic."""

from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from threading import Event
from typing import Any

from kafka import TopicPartition

from benchmarks.measurement import median_s, ratio_row
from marquee.broker.clients import make_consumer
from marquee.broker.options import BrokerOptions
from marquee.broker.publish import Pace, publish
from marquee.broker.topics import Topic, connect
from marquee.dev.kafka import start_kafka
from marquee.events import RatingScale
from marquee.params import SimulatorParams
from marquee.simulation import Platform
from marquee.telemetry.decode import decode

TOPIC, PARTITIONS, LINES = "movielog", 4, 300_000
PLATFORM = {"seed": 1, "users": 20_000, "movies": 2_000, "start": "2025-01-01", "days": 7}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def measure() -> list[dict[str, Any]]:
    params = SimulatorParams(**PLATFORM, lines=LINES, fault_rate=0.003)
    with start_kafka() as kafka:
        options = BrokerOptions(kafka.address)
        with connect(options) as broker:
            broker.create_topic(TOPIC, PARTITIONS)
            records = Platform(params, RatingScale()).records()
            sent = publish(options, TOPIC, records, Pace(rate=1e9), Event())
            topic = broker.describe(TOPIC)
        assert ours(options, topic) == theirs(options, topic) == sent  # also compiles
        # In turns, so that what else the machine does weighs on both alike.
        turns = [
            (median_s(lambda: ours(options, topic), 1), median_s(lambda: theirs(options, topic), 1))
            for _ in range(5)
        ]
    ours_s, theirs_s = map(median, zip(*turns, strict=True))
    return [
        ratio_row(
            f"consumer: Kafka to parsed batches, {sent:,} lines",
            "kafka-python's bare poll loop",
            ours_s=ours_s,
            theirs_s=theirs_s,
            at_least=0.6,
            note="the simulator's lines; both consumers are set alike",
        )
    ]


def ours(options: BrokerOptions, topic: Topic) -> int:
    return sum(
        len(decode(records, RatingScale(), NOW).lines.kind) for records in polls(options, topic)
    )


def theirs(options: BrokerOptions, topic: Topic) -> int:
    return sum(map(len, polls(options, topic)))


def polls(options: BrokerOptions, topic: Topic) -> Iterator[list[Any]]:
    """Poll until every record came."""
    consumer = make_consumer(options)
    consumer.assign([TopicPartition(TOPIC, partition) for partition in topic.partitions])
    for partition, beginning in topic.beginnings.items():
        consumer.seek(TopicPartition(TOPIC, partition), beginning)
    left = sum(topic.ends.values()) - sum(topic.beginnings.values())
    while left:
        for records in consumer.poll(timeout_ms=1000).values():
            left -= len(records)
            yield records
    consumer.close(autocommit=False)


if __name__ == "__main__":
    print(measure())
