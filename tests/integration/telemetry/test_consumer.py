"""What a member of the group hands on at once."""

from threading import Event

import pytest

from marquee.broker.options import BrokerOptions
from marquee.telemetry import consumer
from marquee.telemetry.consumer import Consumer
from marquee.telemetry.records import Record

from ...servers import MakeTopic
from .running import send


def test_a_batch_of_long_lines_ends_before_it_has_as_many_as_it_may(
    kafka: str, topic: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "MOST_BYTES", 500_000)
    log, never = topic(), Event()
    send(kafka, log, [Record(0, offset, 0, b"x" * 1_000_000) for offset in range(20)])
    batches: list[int] = []
    with Consumer(BrokerOptions(kafka), "group", log) as member:
        while sum(batches) < 20:
            found = member.collect(10_000, 2, never)
            if member.unplaced:
                member.place({0: 0})
            elif found:
                batches.append(len(found))
    assert max(batches) < 10
