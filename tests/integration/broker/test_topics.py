from datetime import UTC, datetime, timedelta, timezone

import pytest

from marquee.broker.clients import make_consumer, make_producer
from marquee.broker.errors import BrokerUnavailable
from marquee.broker.options import BrokerOptions
from marquee.broker.topics import connect
from marquee.dev.kafka import start_kafka
from marquee.errors import BrokerError

from ...servers import or_skip

NOBODY = BrokerOptions("127.0.0.1:9", timeout_s=0.5)


@pytest.fixture
def options(kafka):
    return BrokerOptions(kafka, timeout_s=5)


def test_a_topic_is_described_by_its_ids_and_offsets(options, topic):
    name = topic(partitions=2)
    with make_producer(options) as producer:
        producer.send(name, b"line", b"7", partition=1)
    with connect(options) as broker:
        found = broker.describe(name)
        again = broker.describe(name)
    assert found == again
    assert found.partitions == (0, 1)
    assert (found.beginnings, found.ends) == ({0: 0, 1: 0}, {0: 0, 1: 1})


def test_two_topics_of_one_cluster_differ_in_their_id_alone(options, topic):
    with connect(options) as broker:
        one, other = broker.describe(topic()), broker.describe(topic())
    assert one.cluster_id == other.cluster_id
    assert one.topic_id != other.topic_id


def test_a_time_means_the_first_record_that_is_dated_so_or_later(options, topic):
    name = topic(partitions=2)
    with make_producer(options) as producer:
        for second in (10, 20, 30):
            producer.send(name, b"line", partition=0, timestamp_ms=second * 1000)
    with connect(options) as broker:
        found = broker.describe(name)
        offsets = {
            second: broker.offsets_at(found, datetime.fromtimestamp(second, UTC))[0]
            for second in (5, 10, 11, 30, 31)
        }
        nothing = broker.offsets_at(found, datetime.fromtimestamp(5, UTC))[1]
    assert offsets == {5: 0, 10: 0, 11: 1, 30: 2, 31: 3}
    assert nothing == 0


@pytest.mark.parametrize(("microsecond", "offset"), [(1, 1), (999, 1), (1000, 1), (1001, 2)])
def test_a_time_between_two_milliseconds_means_the_later_one(options, topic, microsecond, offset):
    name = topic()
    with make_producer(options) as producer:
        for millisecond in (0, 1):
            producer.send(name, b"line", timestamp_ms=60_000 + millisecond)
    with connect(options) as broker:
        at = datetime(1970, 1, 1, 0, 1, 0, microsecond, UTC)
        assert broker.offsets_at(broker.describe(name), at) == {0: offset}


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        *(datetime(1969, 12, 31, 23, 59, 59, 1_000_000 - ms * 1000, UTC) for ms in range(1, 7)),
    ],
)
def test_a_time_before_1970_means_the_first_record(options, topic, at):
    name = topic()
    with make_producer(options) as producer:
        producer.send(name, b"line")
    with connect(options) as broker:
        assert broker.offsets_at(broker.describe(name), at) == {0: 0}


def test_an_unknown_topic_is_said_and_not_created(options):
    said = "^topic nobody-made-this: the broker at .* no such topic"
    with connect(options) as broker:
        for _ in range(2):
            with pytest.raises(BrokerError, match=said):
                broker.describe("nobody-made-this")


@pytest.mark.parametrize("name", ["not a name", ".."])
def test_a_name_that_no_topic_can_have_is_said_to_be_invalid(options, name):
    with connect(options) as broker:
        for ask in (broker.describe, lambda name: broker.create_topic(name, 1)):
            with pytest.raises(BrokerError, match=f"^topic {name}: .* finds its name invalid"):
                ask(name)


@pytest.fixture
def obliging_kafka():
    """A broker that makes every topic that it is asked for."""
    with or_skip(start_kafka(settings={"auto.create.topics.enable": "true"})) as broker:
        yield broker.address


def test_sending_to_an_unknown_topic_does_not_create_it_even_where_the_broker_would(obliging_kafka):
    options = BrokerOptions(obliging_kafka, timeout_s=0.5)
    with make_producer(options) as producer, pytest.raises(Exception, match="Failed to update"):
        producer.send("nobody-made-this", b"line")
    with connect(options) as broker, pytest.raises(BrokerError, match="no such topic"):
        broker.describe("nobody-made-this")


def test_a_topic_is_created_once_and_kept(options, topic):
    name = f"{topic()}-new"
    with connect(options) as broker:
        broker.create_topic(name, 3)
        made = broker.describe(name)
        broker.create_topic(name, 5)
        assert broker.describe(name) == made
    assert made.partitions == (0, 1, 2)


def test_a_topic_made_anew_is_another_one(options, topic):
    with connect(options) as broker:
        name = topic()
        before = broker.describe(name)
        assert broker.expect_same(before) == before
        broker._admin.delete_topics([name])
        _wait_until_gone(broker, name)
        broker.create_topic(name, 1)
        with pytest.raises(BrokerError, match="another one now"):
            broker.expect_same(before)


def _wait_until_gone(broker, name):
    for _ in range(1000):
        try:
            broker.describe(name)
        except BrokerError:
            return
    raise AssertionError(f"{name} is still there")


@pytest.mark.parametrize(
    ("policy", "compacted"), [("delete", False), ("compact", True), ("compact,delete", True)]
)
def test_a_compacted_topic_is_known_by_its_policy(options, topic, policy, compacted):
    name = topic(settings={"cleanup.policy": policy})
    with connect(options) as broker:
        assert broker.is_compacted(name) is compacted


@pytest.mark.parametrize(
    "reach", [make_consumer, make_producer, lambda options: connect(options).__enter__()]
)
def test_a_dead_broker_is_one_line_in_a_bounded_time(reach):
    with pytest.raises(BrokerUnavailable, match=r"^the broker at 127\.0\.0\.1:9 does not answer"):
        reach(NOBODY)


def test_a_password_is_never_shown():
    options = BrokerOptions("broker:9092", username="anna", password="secret")
    assert "secret" not in f"{options!r} {options}"
