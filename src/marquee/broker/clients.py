"""Clients of kafka-python as Marquee uses them."""

from typing import Any

from kafka import KafkaConsumer, KafkaProducer

from marquee.broker.connection import open_client
from marquee.broker.options import BrokerOptions

_FETCH_BYTES = 4 * 2**20
MAX_RECORDS = 20_000
"""The most records that one poll gives."""


def make_consumer(
    options: BrokerOptions,
    group: str | None = None,
    *,
    max_records: int = MAX_RECORDS,
    **config: Any,
) -> KafkaConsumer:
    """Return a consumer that commits and seeks only when told to, and creates no topic.

    Keys and values are bytes. An offset that is not there raises instead of moving on. Close it
    with ``close(autocommit=False)``. ``config`` is what else kafka-python is told. A broker that
    does not answer is a :class:`~marquee.broker.errors.BrokerUnavailable`.
    """
    return open_client(
        KafkaConsumer,
        options,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_poll_records=max_records,
        max_partition_fetch_bytes=_FETCH_BYTES,
        **config,
    )


def make_producer(options: BrokerOptions, *, linger_ms: int = 20) -> KafkaProducer:
    """Return a producer whose records arrive once and in order, or whose futures fail.

    Give each record the user's id in ASCII as its key: one user's events then stay in order. A
    record waits for company for ``linger_ms``. A topic that is not there fails after the options'
    timeout and is not created; a record that could not be delivered fails after three of them.
    """
    timeout_ms = int(options.timeout_s * 1000)
    return open_client(
        KafkaProducer,
        options,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        batch_size=256 * 1024,
        max_block_ms=timeout_ms,
        request_timeout_ms=timeout_ms,
        delivery_timeout_ms=3 * timeout_ms,
    )
