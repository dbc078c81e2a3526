"""What the writer is given: records of a stream, and the rules to read them by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from marquee.events import RatingScale


class Record(NamedTuple):
    """One record of the broker; kafka-python's ``ConsumerRecord`` serves as well."""

    partition: int
    offset: int
    timestamp: int
    """When the broker has it from, in milliseconds since 1970, UTC."""
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Stream:
    """A topic of a cluster; one made anew under an old name has another ``topic_id``."""

    topic: str
    topic_id: UUID
    cluster_id: str


@dataclass(frozen=True, slots=True)
class Rules:
    """How lines are read and hits are made."""

    scale: RatingScale
    hit_window: timedelta
    lateness: timedelta
    """How far behind the newest event of its partition a line may be before it counts as late."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of lines: ``lines`` is the sum of the next six; ``late`` ones are among them."""

    lines: int = 0
    recommendations: int = 0
    interactions: int = 0
    collapsed: int = 0
    duplicates: int = 0
    accounts: int = 0
    quarantined: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """What one transaction did, by partition; a record that was applied before is in no count."""

    next_offsets: Mapping[int, int]
    counts: Mapping[int, Counts] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    """How many lines went to quarantine, by reason."""
