import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from marquee.broker.clients import make_producer
from marquee.broker.errors import BrokerUnavailable
from marquee.broker.options import BrokerOptions
from marquee.broker.reader import read
from marquee.broker.topics import connect
from marquee.errors import BrokerError

from ...servers import make_topic


@pytest.fixture
def options(kafka):
    return BrokerOptions(kafka, timeout_s=5)


def send(options, topic, values, partition=0):
    with make_producer(options) as producer:
        for value in values:
            producer.send(topic, value, b"1", partition=partition)


def values(options, topic, since, until, partition=0):
    with connect(options) as broker, read(broker, broker.describe(topic)) as reader:
        batches = list(reader.partition(partition, since, until))
    return [value for batch in batches for value in batch.values]


def test_a_range_is_read_from_its_first_offset_up_to_its_last(options, topic):
    name, sent = topic(partitions=2), [b"%d" % i for i in range(50)]
    send(options, name, sent, partition=1)
    assert values(options, name, 0, 50, partition=1) == sent
    assert values(options, name, 7, 9, partition=1) == sent[7:9]
    assert values(options, name, 9, 9, partition=1) == []


def test_a_value_may_be_missing(options, topic):
    name = topic()
    send(options, name, [b"a", None, b""])
    assert values(options, name, 0, 3) == [b"a", None, b""]


def test_batches_follow_each_other(options, topic, monkeypatch):
    name = topic()
    send(options, name, [b"%d" % i for i in range(50)])
    monkeypatch.setattr("marquee.broker.reader._FETCH", {"max_poll_records": 7})
    with connect(options) as broker, read(broker, broker.describe(name)) as reader:
        batches = list(reader.partition(0, 3, 40))
    assert len(batches) > 3
    assert [at for batch in batches for at in range(batch.first, batch.first + len(batch.values))] \
        == list(range(3, 40))  # fmt: skip


def test_the_marker_of_a_transaction_is_a_gap(options, kafka, topic):
    name = topic()
    producer = KafkaProducer(bootstrap_servers=kafka, transactional_id=name)
    producer.init_transactions()
    for _ in range(2):
        producer.begin_transaction()
        producer.send(name, b"line")
        producer.commit_transaction()
    producer.close()
    assert values(options, name, 0, 1) == [b"line"]
    with pytest.raises(BrokerError, match="partition 0 has no record at offset 1: compacted"):
        values(options, name, 0, 3)
    with pytest.raises(BrokerError, match="no record at offset 3"):
        values(options, name, 2, 4)


def test_what_was_compacted_away_is_a_gap(options, kafka, topic):
    name = topic(
        settings={
            "cleanup.policy": "compact",
            "segment.bytes": "1048576",
            "segment.ms": "100",
            "min.cleanable.dirty.ratio": "0.01",
        }
    )
    send(options, name, [b"old", b"older"])

    def write_and_read_until_it_fails():
        for _ in range(200):
            send(options, name, [b"new"])
            values(options, name, 0, 2)

    with pytest.raises(BrokerError, match="has no record at offset 0: compacted away"):
        write_and_read_until_it_fails()


def test_what_has_expired_is_not_there(options, kafka, topic):
    name = topic()
    send(options, name, [b"a", b"b", b"c"])
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_records({TopicPartition(name, 0): 2})
    assert values(options, name, 2, 3) == [b"c"]
    with pytest.raises(BrokerError, match=f"topic {name}: .* does not hold the offsets asked for"):
        values(options, name, 1, 3)


def test_a_broker_that_dies_meanwhile_is_said_in_a_bounded_time(own_kafka):
    options = BrokerOptions(own_kafka.address, timeout_s=1)
    make_topic(own_kafka.address, "log")
    send(options, "log", [b"line"])
    with connect(options) as broker, read(broker, broker.describe("log")) as reader:
        batches = reader.partition(0, 0, 2)
        assert next(batches).values == [b"line"]
        own_kafka.stop(immediate=True)
        with pytest.raises(BrokerUnavailable):
            next(batches)


def test_records_that_never_come_are_said_in_a_bounded_time(options, topic):
    name = topic()
    send(options, name, [b"line"])
    patient = BrokerOptions(options.servers, timeout_s=1)
    with pytest.raises(BrokerUnavailable, match="nothing of partition 0 from offset 1 on for 1 s"):
        values(patient, name, 0, 2)
