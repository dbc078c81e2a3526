"""The source ``kafka``: a bounded range of a topic, partition after partition."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tqdm import tqdm

from marquee.artifacts import new_folder
from marquee.broker.lines import as_lines
from marquee.broker.options import BrokerOptions
from marquee.broker.reader import Reader, read
from marquee.broker.topics import Topic, connect
from marquee.events import RatingScale
from marquee.ingest.ranges import Range, expect_kept, resolve
from marquee.ingest.snapshot import Manifest, Origin, Snapshot
from marquee.params import KafkaParams


def read_kafka(
    params: KafkaParams, scale: RatingScale, options: BrokerOptions, snapshot: Snapshot
) -> Origin:
    """Write each record of the range as a line, in the order of its offset.

    The origin names the offsets that the range was resolved to: the same ones give the same bytes.
    Whatever is missing, or is not what it was when the range was resolved, is a
    :class:`~marquee.errors.BrokerError`.
    """
    with connect(options) as broker:
        topic = broker.describe(params.topic)
        expect_kept(broker, topic.name)
        ranges = resolve(broker, topic, params.since, params.until)
        with read(broker, topic) as reader:
            snapshot.write_events(_blocks(reader, ranges), scale)
        broker.expect_same(topic)
    return origin(topic, ranges)


def write_range(
    params: KafkaParams, scale: RatingScale, options: BrokerOptions, folder: Path
) -> Manifest:
    """Write a snapshot of a range into a new folder, whole or not at all."""
    with new_folder(folder) as room:
        snapshot = Snapshot(room)
        return snapshot.finish("kafka", read_kafka(params, scale, options, snapshot))


def _blocks(reader: Reader, ranges: Mapping[int, Range]) -> Iterator[bytes]:
    total = sum(found.until - found.since for found in ranges.values())
    with tqdm(total=total, unit="record", unit_scale=True, disable=None) as bar:
        for partition, found in ranges.items():
            for batch in reader.partition(partition, found.since, found.until):
                yield as_lines(batch.values)
                bar.update(len(batch.values))


def origin(topic: Topic, ranges: Mapping[int, Range]) -> Origin:
    """Return the name of a range of records that holds for as long as the broker keeps them."""
    return {
        "cluster_id": topic.cluster_id,
        "topic": topic.name,
        "topic_id": str(topic.topic_id),
        "partitions": [
            {"partition": partition, "from": found.since, "to": found.until}
            for partition, found in sorted(ranges.items())
        ],
    }
