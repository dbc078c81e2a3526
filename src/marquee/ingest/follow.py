"""Follow a topic: segment after segment, each whole or not there."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Event

from marquee.artifacts import new_folder
from marquee.broker.lines import as_lines
from marquee.broker.options import BrokerOptions
from marquee.broker.reader import Reader, read
from marquee.broker.topics import Broker, Topic, connect
from marquee.broker.waiting import wait_for_topic
from marquee.errors import BrokerError, DataError
from marquee.events import RatingScale
from marquee.ingest.kafka import origin
from marquee.ingest.ranges import Range, expect_kept, expect_there, offsets
from marquee.ingest.segments import (
    Origin,
    expect_chain,
    list_segments,
    next_segment,
    sole_writer,
)
from marquee.ingest.snapshot import Manifest, Snapshot
from marquee.params.ingest import Bound

Lines = Mapping[int, list[bytes]]
"""The lines of each partition, in blocks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a segment is closed: at so many bytes of lines, or seconds after its first record."""

    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Follower:
    """Closes segments of a topic in a folder; what is in the folder is all that it remembers."""

    options: BrokerOptions
    topic: str
    folder: Path
    scale: RatingScale
    limits: Limits

    def run(self, since: Bound, stop: Event) -> Iterator[tuple[str, Manifest]]:
        """Yield the name and manifest of each segment once it is closed, until ``stop`` is set.

        A topic that is not there yet is waited for. The first segment begins at ``since``, every
        other where the one before it ends. What is open at the stop is closed too: by the next
        start its records may have expired. It is kept in memory until then, and read again by
        whoever comes after a crash. A topic that was made anew, or no longer holds what comes
        next, is a :class:`~marquee.errors.BrokerError`.
        """
        with sole_writer(self.folder), connect(self.options) as broker:
            last = self._last_segment()
            found = wait_for_topic(broker, self.topic, stop)
            if found is None:
                return
            expect_kept(broker, self.topic)
            topic, positions = _start(broker, found, last, since)
            with read(broker, topic) as reader:
                reader.seek(positions)
                while not stop.is_set():
                    topic = _look(broker, reader)
                    begins = reader.positions
                    lines = self._fill(reader, stop)
                    if lines:
                        broker.expect_same(topic)
                        yield self._close(topic, begins, reader.positions, lines)

    def _last_segment(self) -> Origin | None:
        last = expect_chain(list_segments(self.folder))
        if last is not None and last.topic != self.topic:
            raise DataError(
                f"{self.folder}: holds segments of topic {last.topic}, expected {self.topic}"
            )
        return last

    def _fill(self, reader: Reader, stop: Event) -> Lines:
        """Read until the segment is due; give up an empty one when nothing comes for a while."""
        lines: defaultdict[int, list[bytes]] = defaultdict(list)
        size, since = 0, time.monotonic()
        while not stop.is_set():
            for batch in reader.poll():
                if not lines:
                    since = time.monotonic()
                block = as_lines(batch.values)
                lines[batch.partition].append(block)
                size += len(block)
            longest = self.limits.seconds if lines else self.options.timeout_s
            if size >= self.limits.bytes or time.monotonic() - since >= longest:
                break
        return lines

    def _close(
        self, topic: Topic, begins: Mapping[int, int], ends: Mapping[int, int], lines: Lines
    ) -> tuple[str, Manifest]:
        segment = next_segment(self.folder)
        ranges = {partition: Range(begins[partition], ends[partition]) for partition in begins}
        with new_folder(segment) as room:
            snapshot = Snapshot(room)
            blocks = chain.from_iterable(lines.get(partition, ()) for partition in sorted(ranges))
            snapshot.write_events(blocks, self.scale)
            return segment.name, snapshot.finish("kafka", origin(topic, ranges))


def _start(
    broker: Broker, topic: Topic, last: Origin | None, since: Bound
) -> tuple[Topic, Mapping[int, int]]:
    """Go on where the last segment ends; where there is none, begin at ``since``."""
    if last is not None:
        before = Topic(last.topic, last.topic_id, last.cluster_id, {}, {})
        return broker.expect_same(before), last.ends
    positions = offsets(broker, topic, since)
    if len(positions) < len(topic.partitions):
        raise BrokerError(
            f"topic {topic.name}: {len(positions)} offsets are given, and it has "
            f"{len(topic.partitions)} partitions"
        )
    return topic, positions


def _look(broker: Broker, reader: Reader) -> Topic:
    """Check that what comes next is still there; read partitions that are new from their start."""
    topic = broker.expect_same(reader.topic)
    positions = dict.fromkeys(topic.partitions, 0) | reader.positions
    for partition, offset in positions.items():
        expect_there(topic, partition, Range(offset, topic.ends[partition]))
    if positions != reader.positions:
        reader.seek(positions)
    return topic
