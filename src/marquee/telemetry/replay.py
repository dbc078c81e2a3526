"""Quarantined records read again, after a fix: exactly once, like any others."""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from marquee.telemetry.apply import merge
from marquee.telemetry.database import Connection, Cursor
from marquee.telemetry.decode import Decoded, decode
from marquee.telemetry.interactions import collapse
from marquee.telemetry.ledger import tally, write_ledger
from marquee.telemetry.offsets import lock
from marquee.telemetry.records import Record, Rules
from marquee.telemetry.rows import recommendation_rows
from marquee.telemetry.sql import statements

_BATCH = 200  # a quarantined line may be a megabyte
_BEGINNING = (-1, -1, datetime(1970, 1, 1, tzinfo=UTC))


class _Row(NamedTuple):
    partition: int
    offset: int
    received_at: datetime
    reason: str
    line: memoryview


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records: of a topic, with a reason, and from a time of receipt on, where given."""

    topic: str
    reason: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many records were read and how many of them are events now, by their reason."""

    read: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)


def replay(connection: Connection, choice: Choice, *, rules: Rules, now: datetime) -> Replayed:
    """Read quarantined records again; those that are events now leave quarantine.

    Each transaction takes some: their rows go in, they go out of quarantine, and the ledger moves.
    A record of a partition or range of offsets that the ledger does not know stays as it is.
    """
    done, after = Replayed(), _BEGINNING
    while True:
        with connection, connection.cursor() as cursor:
            lock(cursor, rules.hit_window)
            rows = _read(cursor, choice, after)
            mended = _mend(cursor, choice.topic, rows, rules, now)
        done.read.update(row.reason for row in rows)
        done.mended.update(row.reason for row in mended)
        if not rows:
            return done
        after = rows[-1][:3]


def _read(cursor: Cursor, choice: Choice, after: tuple[int, int, datetime]) -> list[_Row]:
    cursor.execute(statements("quarantined"), asdict(choice) | {"after": after, "limit": _BATCH})
    return [_Row(*row) for row in cursor.fetchall()]


def _mend(cursor: Cursor, topic: str, rows: list[_Row], rules: Rules, now: datetime) -> list[_Row]:
    """Apply those that are events, and return them."""
    records = [Record(row.partition, row.offset, 0, bytes(row.line)) for row in rows]
    bad = decode(records, rules.scale, now).quarantine
    mended = [row for place, row in enumerate(rows) if place not in bad]
    if mended:
        good = [record for place, record in enumerate(records) if place not in bad]
        _apply(cursor, topic, decode(good, rules.scale, now), rules)
        partitions, offsets, received = zip(*(row[:3] for row in mended), strict=True)
        keys = {"partitions": [*partitions], "offsets": [*offsets], "received": [*received]}
        cursor.execute(statements("mended"), {"topic": topic} | keys)
    return mended


def _apply(cursor: Cursor, topic: str, decoded: Decoded, rules: Rules) -> None:
    """Merge events whose lines the ledger has counted already, as quarantined."""
    new = merge(cursor, collapse(decoded), recommendation_rows(decoded), rules.hit_window)
    offsets: dict[int, list[int]] = {}
    for record in decoded.records:
        offsets.setdefault(record.partition, []).append(record.offset)
    entries = tally(decoded, new, dict.fromkeys(offsets), rules.lateness)
    moved = {
        partition: replace(
            entry,
            counts=replace(entry.counts, lines=0, quarantined=-entry.counts.lines, late=0),
        )
        for partition, entry in entries.items()
    }
    ranges = {partition: (min(found), max(found) + 1) for partition, found in offsets.items()}
    write_ledger(cursor, topic, moved, ranges, {})
