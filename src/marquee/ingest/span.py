"""When the events of a log happened."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from marquee.events import RatingScale
from marquee.tables.parse import parse_chunk
from marquee.tables.raw import Chunk

Span = tuple[int, int]
"""The first and the last event, in microseconds since 1970, UTC."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def span_of(lines: bytes, scale: RatingScale) -> Span | None:
    """Return the span of what whole lines say, or None where none of them is an event."""
    events = parse_chunk(Chunk("", 0, lines), scale)
    answers = events.recommendations["at"].cast(pa.int64()).to_numpy()
    times = [events.watches.at, events.ratings.at, events.accounts.at, answers]
    return union((int(at.min()), int(at.max())) for at in times if len(at))


def union(spans: Iterable[Span | None]) -> Span | None:
    """Return the span that reaches over all; None where there is none."""
    known = [span for span in spans if span is not None]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


def written(span: Span | None) -> dict[str, str] | None:
    """Return a span as the manifest has it, in ISO 8601."""
    if span is None:
        return None
    first, last = (_EPOCH + timedelta(microseconds=at) for at in span)
    return {"first": _iso(first), "last": _iso(last)}


def _iso(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat()}Z"
