"""The tables by brute force: from the definitions, over all records at once, in plain Python."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from marquee.events import (
    Account,
    MalformedLine,
    Rating,
    RatingScale,
    Recommendation,
    Watch,
    parse_line,
    request_id,
)
from marquee.telemetry.records import Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SLOT = timedelta(minutes=30)
FUTURE = timedelta(minutes=5)


@dataclass
class Tables:
    recommendation: dict[Any, Any] = field(default_factory=dict)
    interaction: dict[Any, Any] = field(default_factory=dict)
    hit: dict[Any, Any] = field(default_factory=dict)
    quarantine: dict[Any, Any] = field(default_factory=dict)
    ledger: Counter[str] = field(default_factory=Counter)
    """Of all partitions together: which of two gets the row is a matter of who comes first."""
    sure: dict[int, tuple[int, int, int, datetime | None]] = field(default_factory=dict)
    """Of each partition: lines, accounts, quarantined, the newest event."""


def build(records: Iterable[Record], window: timedelta, now: datetime) -> Tables:
    """Return what must stand in the database once all records are applied."""
    tables = Tables()
    for record in sorted(set(records), key=lambda record: record[:2]):
        _add(tables, record, now)
    made = len(tables.recommendation) + len(tables.interaction)
    tables.ledger["recommendations"] = len(tables.recommendation)
    tables.ledger["interactions"] = len(tables.interaction)
    watched = sum(kind == "watch" for _, _, kind, _ in tables.interaction)
    tables.ledger["collapsed"] = tables.ledger.pop("watch lines", 0) - watched
    tables.ledger["duplicates"] = tables.ledger.pop("other lines", 0) - (made - watched)
    for key, row in tables.recommendation.items():
        if (hit := _hit(tables, key[1], row, window)) is not None:
            tables.hit[key] = hit
    return tables


def _add(tables: Tables, record: Record, now: datetime) -> None:
    lines, accounts, quarantined, newest = tables.sure.get(record.partition, (0, 0, 0, None))
    tables.ledger["lines"] += 1
    event = _read(record, now)
    if isinstance(event, str):
        at = EPOCH + timedelta(milliseconds=record.timestamp)
        tables.quarantine[record.partition, record.offset] = (at, event, record.value or b"")
        tables.ledger["quarantined"] += 1
        quarantined += 1
    else:
        newest = event.at if newest is None else max(newest, event.at)
        match event:
            case Watch(at, user_id, movie_id, minute):
                slot_at = EPOCH + (at - EPOCH) // SLOT * SLOT
                _keep(tables.interaction, (user_id, movie_id, "watch", slot_at), (at, minute))
                tables.ledger["watch lines"] += 1
            case Rating(at, user_id, movie_id, value):
                _keep(tables.interaction, (user_id, movie_id, "rating", at), (at, value))
                tables.ledger["other lines"] += 1
            case Recommendation():
                _keep(tables.recommendation, (request_id(event), event.at), _answer(event))
                tables.ledger["other lines"] += 1
            case Account():
                tables.ledger["accounts"] += 1
                accounts += 1
    tables.sure[record.partition] = (lines + 1, accounts, quarantined, newest)


def _read(record: Record, now: datetime) -> Watch | Rating | Recommendation | Account | str:
    if b"\n" in (record.value or b""):
        return "torn"
    try:
        event = parse_line(record.value or b"", RatingScale())
    except MalformedLine as error:
        return str(error.fault)
    return "future" if event.at > now + FUTURE else event


def _keep(rows: dict[Any, Any], key: Any, row: Any) -> None:
    rows[key] = min(rows.get(key, row), row)


def _answer(event: Recommendation) -> tuple[Any, ...]:
    """Order the fields as the smallest of two answers to one request is found."""
    tail, server = event.served, _without_nul(event.server)
    return (
        event.user_id,
        event.status,
        event.latency_ms,
        list(event.movie_ids),
        tail.variant if tail else server,
        tail.model_version if tail else "unknown",
        server,
        tail.personalised if tail else None,
        None if event.error is None else _without_nul(event.error),
    )


def _without_nul(text: str) -> str:
    return text.replace("\0", "\ufffd")


def _hit(tables: Tables, served_at: datetime, row: Any, window: timedelta) -> Any:
    user_id, status, _, items, variant, model_version, *_ = row
    if status != 200:
        return None
    found = [
        (at, items.index(movie_id) + 1, kind, movie_id)
        for (who, movie_id, kind, slot_at), (at, _) in tables.interaction.items()
        if who == user_id
        and movie_id in items
        and served_at < at <= served_at + window
        and (
            kind == "rating"
            or (user_id, movie_id, "watch", slot_at - SLOT) not in tables.interaction
        )
    ]
    if not found:
        return None
    hit_at, rank, kind, movie_id = min(found)
    best_rank = min(rank for _, rank, _, _ in found)
    items_hit = len({movie_id for *_, movie_id in found})
    return variant, model_version, hit_at, rank, movie_id, kind, best_rank, items_hit
