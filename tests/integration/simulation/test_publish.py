import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from marquee.broker.options import BrokerOptions
from marquee.broker.publish import Pace, publish
from marquee.broker.reader import read
from marquee.broker.topics import connect
from marquee.cli import cli
from marquee.errors import BrokerError
from marquee.events import RatingScale
from marquee.params import SimulatorParams
from marquee.simulation import Platform

SIZE = {"users": 50, "movies": 40, "lines": 5000, "days": 5}
FAST = Pace(rate=1e9)


@pytest.fixture
def platform():
    params = {**SIZE, "seed": 1, "fault_rate": 0.05}
    return lambda start="2025-01-01": Platform(
        SimulatorParams(**params, start=start), RatingScale()
    )


@pytest.fixture
def marquee(kafka, monkeypatch):
    monkeypatch.setenv("MARQUEE_KAFKA", kafka)
    size = [word for name, value in SIZE.items() for word in (f"--{name}", str(value))]
    words = ["simulate", *size, "--fault-rate", "0.05", "--to", "kafka"]
    return lambda *more: CliRunner().invoke(cli, [*words, *more])


def received(kafka, topic):
    """The values of each partition."""
    with connect(BrokerOptions(kafka)) as broker:
        found = broker.describe(topic)
        with read(broker, found) as reader:
            return {
                partition: [
                    value
                    for batch in reader.partition(partition, 0, found.ends[partition])
                    for value in batch.values
                ]
                for partition in found.partitions
            }


def test_each_line_is_sent_once_and_each_users_lines_stay_in_order(kafka, topic, marquee, platform):
    name = topic(partitions=3)
    result = marquee("--topic", name, "--rate", "1e9")
    lines = [line for block in platform().lines() for line in block.splitlines()]
    found = received(kafka, name)
    assert result.stdout == f"{len(lines)} lines sent to {name}\n"
    assert sorted(value for values in found.values() for value in values) == sorted(lines)
    by_user = {}
    for user_id, line, _ in platform().records():
        by_user.setdefault(user_id, []).append(line)
    places = {line: at for at, values in found.items() for line in values}
    for theirs in by_user.values():
        (partition,) = {places[line] for line in theirs}
        assert _in_order(theirs, found[partition])


def _in_order(wanted, among):
    rest = iter(among)
    return all(line in rest for line in wanted)


def test_a_topic_is_created_when_asked_for_and_only_then(kafka, topic, marquee):
    name = f"{topic()}-new"
    error = marquee("--topic", name).exception
    assert isinstance(error, BrokerError)
    assert f"topic {name}: " in str(error)
    assert marquee("--topic", name, "--create-topic", "2", "--rate", "1e9").exit_code == 0
    assert set(received(kafka, name)) == {0, 1}


def test_a_name_that_no_topic_can_have_is_said_before_anything_is_asked(monkeypatch):
    monkeypatch.setenv("MARQUEE_KAFKA", "127.0.0.1:9")
    result = CliRunner().invoke(cli, ["simulate", "--to", "kafka", "--topic", "a b"])
    assert "marquee simulate: topic = 'a b': " in str(result.exception)


def test_an_interrupt_counts_what_the_broker_has(kafka, topic, marquee):
    name = topic()
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()
    result = marquee("--topic", name, "--rate", "100")
    assert result.stdout == f"{len(received(kafka, name)[0])} lines sent to {name}\n"


def test_what_has_not_happened_yet_is_not_sent(kafka, topic, marquee, platform):
    name = topic()
    start = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
    threading.Timer(3, os.kill, (os.getpid(), signal.SIGINT)).start()
    marquee("--topic", name, "--start", start, "--speed", "1e9")
    now_us = time.time() * 1e6
    happened = [line for _, line, at_us in platform(start).records() if at_us < now_us]
    (sent,) = received(kafka, name).values()
    assert sent
    assert sent == happened[: len(sent)]


@pytest.mark.parametrize("words", [[], ["here", "--to", "kafka"]])
def test_the_log_goes_to_one_place(words):
    result = CliRunner().invoke(cli, ["simulate", *words])
    assert result.exit_code == 2
    assert "expected either OUT_DIR or --to kafka" in result.stderr


def test_lines_are_due_by_the_clock_or_by_their_own_time():
    assert Pace(rate=50).due_s(sent=100, elapsed_us=0, behind_s=9) == 2
    assert Pace().due_s(sent=100, elapsed_us=3_000_000, behind_s=9) == 3
    assert Pace(speed=60).due_s(sent=100, elapsed_us=3_000_000, behind_s=9) == 0.05
    assert Pace(speed=60).due_s(sent=100, elapsed_us=3_000_000, behind_s=1) == 2


def test_lines_do_not_go_out_before_they_are_due(kafka, topic):
    lines = [(1, b"line", at_us) for at_us in (0, 200_000, 400_000)]
    began = time.monotonic()
    assert publish(BrokerOptions(kafka), topic(), lines, Pace(), threading.Event()) == 3
    assert time.monotonic() - began >= 0.4


def test_a_line_that_cannot_be_taken_is_an_error(kafka, topic):
    name = topic(settings={"max.message.bytes": "1000"})
    with pytest.raises(BrokerError, match="MessageSizeTooLarge"):
        publish(BrokerOptions(kafka), name, [(1, b"x" * 9000, 0)], FAST, threading.Event())


def test_a_broker_that_dies_meanwhile_is_said_in_a_bounded_time(own_kafka):
    def lines():
        own_kafka.stop(immediate=True)
        yield 1, b"line", 0

    options = BrokerOptions(own_kafka.address, timeout_s=0.5)
    with connect(BrokerOptions(own_kafka.address)) as broker:
        broker.create_topic("log", 1)
    with pytest.raises(BrokerError):
        publish(options, "log", lines(), FAST, threading.Event())
