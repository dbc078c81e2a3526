"""Which records of a topic are meant: offsets from here to there, by partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from marquee.broker.topics import Broker, Topic
from marquee.errors import BrokerError
from marquee.params.ingest import Bound


@dataclass(frozen=True, slots=True)
class Range:
    """Records from offset ``since`` on, up to but not with ``until``."""

    since: int
    until: int


def resolve(broker: Broker, topic: Topic, since: Bound, until: Bound) -> dict[int, Range]:
    """Return the range of each partition that both bounds mean, as the topic is now.

    A range that is not there in full (expired, past the end, of no partition), that ends before it
    begins, or that is empty in all partitions, is a :class:`~marquee.errors.BrokerError`.
    """
    begins = offsets(broker, topic, since)
    ends = offsets(broker, topic, until)
    if isinstance(since, tuple) and isinstance(until, tuple) and len(since) != len(until):
        raise BrokerError(
            f"topic {topic.name}: since has {len(since)} offsets and until has {len(until)}: "
            "expected one a partition in both"
        )
    ranges = {at: Range(begins[at], ends[at]) for at in sorted(begins.keys() & ends.keys())}
    for partition, found in ranges.items():
        expect_there(topic, partition, found)
        if isinstance(since, str) and since != "beginning":
            _expect_nothing_expired(topic, partition, found, since)
    if all(found.since == found.until for found in ranges.values()):
        raise BrokerError(
            f"topic {topic.name}: no records between {_said(since)} and {_said(until)}"
        )
    return ranges


def offsets(broker: Broker, topic: Topic, bound: Bound) -> Mapping[int, int]:
    """Return what a bound means, by partition; a list may name fewer partitions than there are."""
    if bound == "beginning":
        return topic.beginnings
    if bound == "now":
        return topic.ends
    if isinstance(bound, str):
        at = datetime.fromisoformat(bound)
        return broker.offsets_at(topic, at if at.tzinfo else at.replace(tzinfo=UTC))
    if len(bound) > len(topic.partitions):
        raise BrokerError(
            f"topic {topic.name}: {len(bound)} offsets are given, and it has "
            f"{len(topic.partitions)} partitions"
        )
    return dict(enumerate(bound))


def expect_kept(broker: Broker, topic: str) -> None:
    """Check that a topic keeps its records until they expire; else it is a :class:`BrokerError`."""
    if broker.is_compacted(topic):
        raise BrokerError(
            f"topic {topic} is compacted: its records vanish, so what is read of it cannot be read "
            "again; expected cleanup.policy=delete"
        )


def expect_there(topic: Topic, partition: int, wanted: Range) -> None:
    """Check that the broker holds a range in full; else it is a :class:`BrokerError`."""
    begin, end = topic.beginnings[partition], topic.ends[partition]
    where = f"topic {topic.name}: partition {partition}"
    if wanted.since > wanted.until:
        raise BrokerError(f"{where}: offset {wanted.since} is after {wanted.until}")
    if wanted.since < begin:
        raise BrokerError(f"{where} begins at offset {begin}: {wanted.since} has expired")
    if wanted.until > end:
        raise BrokerError(f"{where} ends at offset {end}: {wanted.until} is not there yet")


def _expect_nothing_expired(topic: Topic, partition: int, wanted: Range, since: str) -> None:
    """Refuse a time that finds the first offset of a shortened log: it may mean what is gone."""
    if wanted.since == topic.beginnings[partition] > 0:
        raise BrokerError(
            f"topic {topic.name}: partition {partition} begins at offset {wanted.since}, and what "
            f"it had of {since} may have expired: say `beginning` to take what is left"
        )


def _said(bound: Bound) -> str:
    return bound if isinstance(bound, str) else str(list(bound))
