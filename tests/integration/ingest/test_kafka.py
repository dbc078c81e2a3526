import gzip
import json
import random

import pytest
from kafka import KafkaAdminClient

from marquee.broker.errors import BrokerUnavailable
from marquee.broker.options import BrokerOptions
from marquee.broker.topics import connect
from marquee.errors import BrokerError
from marquee.events import RatingScale
from marquee.ingest import kafka as source
from marquee.ingest.kafka import write_range
from marquee.ingest.sources import write_snapshot
from marquee.params import KafkaParams, load_params
from marquee.tables.raw import open_snapshot

from .broker import expire, rating, send


@pytest.fixture
def write(kafka, tmp_path):
    """Write a range to a new folder and return its manifest and its lines."""

    def write(topic, since="beginning", until="now", folder="raw", timeout_s=5):
        params = KafkaParams(topic=topic, since=since, until=until)
        options = BrokerOptions(kafka, timeout_s=timeout_s)
        manifest = write_range(params, RatingScale(), options, tmp_path / folder)
        return manifest, b"".join(c.data for c in open_snapshot(tmp_path / folder).chunks())

    return write


def refused(write, tmp_path, *args, match):
    """The error of a range that cannot be written, of which nothing may be left."""
    with pytest.raises(BrokerError, match=match) as caught:
        write(*args)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_each_record_is_a_line_partition_after_partition_in_order(kafka, topic, write):
    name = topic(partitions=3)
    users = {0: range(100), 2: range(200, 250)}
    send(kafka, name, {at: [rating(user) for user in here] for at, here in users.items()})
    _, lines = write(name)
    assert lines.splitlines() == [rating(user) for here in users.values() for user in here]


def test_the_manifest_names_cluster_topic_offsets_and_digests(kafka, topic, write):
    name = topic(partitions=2)
    send(kafka, name, {0: [rating(1), rating(2)], 1: [rating(3)]})
    manifest, _ = write(name, (1, 0), (2, 1))
    with connect(BrokerOptions(kafka)) as broker:
        found = broker.describe(name)
    assert manifest["source"] == "kafka"
    assert manifest["origin"] == {
        "cluster_id": found.cluster_id,
        "topic": name,
        "topic_id": str(found.topic_id),
        "partitions": [
            {"partition": 0, "from": 1, "to": 2},
            {"partition": 1, "from": 0, "to": 1},
        ],
    }
    assert [len(part["sha256"]) for part in manifest["parts"]] == [64]


def test_the_resolved_offsets_give_the_same_bytes_again_however_the_topic_grew(
    kafka, topic, write, tmp_path
):
    name, rng = topic(partitions=3), random.Random(1)
    lines = {at: [rng.randbytes(rng.randrange(200)) for _ in range(500)] for at in range(3)}
    send(kafka, name, lines)
    manifest, _ = write(name, folder="one")
    send(kafka, name, lines)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.create_partitions({name: 5})
    stretches = manifest["origin"]["partitions"]
    since, until = (tuple(stretch[end] for stretch in stretches) for end in ("from", "to"))
    write(name, since, until, folder="two")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_real_lines_come_back_byte_for_byte(kafka, topic, write, shared_data):
    with gzip.open(shared_data / "cmu-logs/events-2025.log.gz") as log:
        lines = log.readlines()[:10_000]
    name = topic()
    send(kafka, name, {0: [line.removesuffix(b"\n") for line in lines]})
    assert write(name)[1] == b"".join(lines)


def test_times_are_resolved_by_the_records_own(kafka, topic, write):
    name = topic(partitions=2)
    for hour in range(5):
        at = {"timestamp_ms": (1_735_689_600 + 3600 * hour) * 1000}  # from 2025-01-01T00:00:00Z
        send(kafka, name, {0: [rating(hour)], 1: [rating(10 + hour)]}, **at)
    manifest, lines = write(name, "2025-01-01T01:00", "2025-01-01T04:00:00+01:00")
    assert lines.splitlines() == [rating(user) for user in (1, 2, 11, 12)]
    assert manifest["origin"]["partitions"][1] == {"partition": 1, "from": 1, "to": 3}
    assert write(name, "2025-01-01T04:00Z", folder="last")[1].splitlines() == [
        rating(4),
        rating(14),
    ]


def test_partitions_beyond_the_offsets_given_are_left_out(kafka, topic, write):
    name = topic(partitions=2)
    send(kafka, name, {0: [rating(1)], 1: [rating(2)]})
    assert write(name, until=(1,))[1].splitlines() == [rating(1)]


def test_a_record_without_a_value_and_one_with_a_newline_are_a_line_each(kafka, topic, write):
    name = topic()
    send(kafka, name, {0: [None, rating(1) + b"\n" + rating(2), b"\xff", rating(3)]})
    _, lines = write(name)
    assert lines.splitlines() == [b"", rating(1) + rb"\n" + rating(2), b"\xff", rating(3)]


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (("beginning", (3, 1)), "partition 0 ends at offset 2: 3 is not there yet"),
        (((2, 0), (1, 1)), "partition 0: offset 2 is after 1"),
        (((0, 0, 0), "now"), "3 offsets are given, and it has 2 partitions"),
        (((0,), (2, 1)), "since has 1 offsets and until has 2"),
        (((1, 0), (1, 0)), r"no records between \[1, 0\] and \[1, 0\]"),
        (("beginning", "1999-01-01"), "no records between beginning and 1999-01-01"),
        (("2999-01-01", "now"), "no records between 2999-01-01 and now"),
        (("2999-01-01", "1999-01-01"), "partition 0: offset 2 is after 0"),
    ],
)
def test_a_wrong_range_is_refused(kafka, topic, write, tmp_path, bounds, said):
    name = topic(partitions=2)
    send(kafka, name, {0: [rating(1), rating(2)], 1: [rating(3)]})
    refused(write, tmp_path, name, *bounds, match=f"^topic {name}: {said}")


def test_an_expired_range_is_refused_and_what_is_left_can_be_had(kafka, topic, write, tmp_path):
    name = topic()
    send(kafka, name, {0: [rating(1), rating(2), rating(3)]})
    expire(kafka, name, 0, before=2)
    refused(write, tmp_path, name, (1,), match="begins at offset 2: 1 has expired")
    refused(write, tmp_path, name, "1999-01-01", match="had of 1999-01-01 may have expired")
    assert write(name)[1].splitlines() == [rating(3)]


def test_a_range_with_a_gap_leaves_nothing(kafka, topic, write, tmp_path):
    from kafka import KafkaProducer

    name = topic()
    send(kafka, name, {0: [rating(1)] * 1000})
    producer = KafkaProducer(bootstrap_servers=kafka, transactional_id=name)
    producer.init_transactions()
    for _ in range(2):  # the marker of the first one is surely there once the second one began
        producer.begin_transaction()
        producer.send(name, rating(2))
        producer.commit_transaction()
    producer.close()
    refused(write, tmp_path, name, match="no record at offset 1001: compacted away, or a trans")


def test_a_compacted_topic_is_refused(kafka, topic, write, tmp_path):
    name = topic(settings={"cleanup.policy": "compact"})
    send(kafka, name, {0: [rating(1)]})
    refused(write, tmp_path, name, match=f"^topic {name} is compacted")


def test_an_unknown_topic_is_refused(write, tmp_path):
    refused(write, tmp_path, "nobody-made-this", match="^topic nobody-made-this: .* no such topic")


def test_a_topic_made_anew_meanwhile_is_refused(kafka, topic, write, tmp_path, monkeypatch):
    name = topic()
    send(kafka, name, {0: [rating(1)]})
    resolve = source.resolve

    def resolve_and_recreate(broker, *args):
        found = resolve(broker, *args)
        broker._admin.delete_topics([name])
        while name in broker._admin.list_topics():
            pass
        broker.create_topic(name, 1)
        send(kafka, name, {0: [rating(2)]})
        return found

    monkeypatch.setattr(source, "resolve", resolve_and_recreate)
    refused(write, tmp_path, name, match=f"^topic {name} is another one now")


def test_a_dead_broker_is_refused(tmp_path):
    params = KafkaParams(topic="log", since="beginning", until="now")
    options = BrokerOptions("127.0.0.1:9", timeout_s=0.5)
    with pytest.raises(BrokerUnavailable, match=r"^the broker at 127\.0\.0\.1:9 does not answer"):
        write_range(params, RatingScale(), options, tmp_path / "raw")
    assert list(tmp_path.iterdir()) == []


def test_the_pipelines_source_writes_the_same(kafka, topic, write, tmp_path, root):
    name = topic(partitions=2)
    send(kafka, name, {0: [rating(1)], 1: [rating(2)]})
    committed = load_params(root / "params.yaml").ingest.model_dump()
    given = {**committed, "source": "kafka", "kafka": {**committed["kafka"], "topic": name}}
    params = type(load_params(root / "params.yaml").ingest).model_validate(given)
    write_snapshot(params, tmp_path, tmp_path / "stage", lambda: BrokerOptions(kafka))
    write(name)
    one, other = (
        json.loads((tmp_path / at / "manifest.json").read_bytes()) for at in ("raw", "stage")
    )
    assert one == other
