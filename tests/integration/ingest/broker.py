"""Topics with records in them."""

from collections.abc import Mapping, Sequence

from kafka import KafkaAdminClient, TopicPartition

from marquee.broker.clients import make_producer
from marquee.broker.options import BrokerOptions


def send(kafka: str, topic: str, records: Mapping[int, Sequence[bytes | None]], **how: int) -> None:
    """Append values to partitions."""
    with make_producer(BrokerOptions(kafka)) as producer:
        for partition, values in records.items():
            for value in values:
                producer.send(topic, value, b"1", partition=partition, **how)


def expire(kafka: str, topic: str, partition: int, before: int) -> None:
    """Let the broker forget the records before an offset."""
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_records({TopicPartition(topic, partition): before})


def rating(user_id: int, second: int = 0) -> bytes:
    """A line of the log."""
    return b"2025-01-03T00:09:%02d,%d,GET /rate/psycho+1960=4" % (second, user_id)
