"""Clients of kafka-python as Marquee uses them."""

from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError

from marquee.broker.connection import open_client
from marquee.broker.options import BrokerOptions

_FETCH_BYTES = 4 * 2**20
_MOST_RECORDS = 20_000


def make_consumer(options: BrokerOptions, group: str | None = None, **config: Any) -> KafkaConsumer:
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
        max_partition_fetch_bytes=_FETCH_BYTES,
        **{"max_poll_records": _MOST_RECORDS, **config},
    )


def make_producer(options: BrokerOptions, *, linger_ms: int = 20) -> KafkaProducer:
    """Return a producer whose records arrive once and in order, or whose futures fail.

    Give each record the user's id in ASCII as its key: one user's events then stay in order. A
    record waits for company for ``linger_ms``. A topic that is not there fails after the options'
    timeout and is not created. Wait for a record no longer than three of them: a broker that dies
    before the first one never fails it. ``close`` ends by then, and fails what is underway.
    """
    timeout_ms = int(options.timeout_s * 1000)
    return open_client(
        _Producer,
        options,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        batch_size=256 * 1024,
        max_block_ms=timeout_ms,
        request_timeout_ms=timeout_ms,
        delivery_timeout_ms=3 * timeout_ms,
    )


class _Producer(KafkaProducer):  # type: ignore[misc]
    def close(self, timeout: float | None = None, null_logger: bool = False) -> None:
        if not getattr(self, "_closed", True):
            if timeout is None:
                timeout = self.config["delivery_timeout_ms"] / 1000
            try:
                self.flush(timeout)
            except KafkaTimeoutError:
                # 3.0.12 asks for the first record's leave without end, and does not close by then.
                self._sender.force_close()
        super().close(timeout, null_logger)
