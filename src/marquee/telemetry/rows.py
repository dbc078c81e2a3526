"""Events into the rows that the database stages."""

from datetime import datetime
from typing import Any

import pyarrow as pa

from marquee.events import Recommendation, request_id
from marquee.telemetry.decode import Decoded
from marquee.telemetry.times import microseconds

UNKNOWN = "unknown"
"""The model version of an answer that does not say its own."""
_ANSWERS = pa.schema(
    {
        "partition": pa.int32(),
        "request_id": pa.string(),
        "served_at": pa.timestamp("us", tz="UTC"),
        "user_id": pa.int64(),
        "variant": pa.string(),
        "model_version": pa.string(),
        "server": pa.string(),
        "status": pa.int32(),
        "latency_ms": pa.int32(),
        "items": pa.string(),
        "personalised": pa.bool_(),
        "error": pa.string(),
    }
)

_QUARANTINE = pa.schema(
    {
        "topic": pa.string(),
        "partition": pa.int32(),
        "record_offset": pa.int64(),
        "received_at": pa.timestamp("ms", tz="UTC"),
        "reason": pa.string(),
        "line": pa.string(),  # as hexadecimal
    }
)


def recommendation_rows(decoded: Decoded) -> pa.Table:
    """Return the answers, an entry a line; a NUL, which PostgreSQL has not, is replaced."""
    rows = [
        {"partition": int(decoded.partition[place]), **_answer(answer)}
        for place, answer in decoded.answers
    ]
    return pa.Table.from_pylist(rows, _ANSWERS)


def _answer(answer: Recommendation) -> dict[str, Any]:
    server, served = _without_nul(answer.server), answer.served
    return {
        "request_id": str(request_id(answer)),
        "served_at": answer.at,
        "user_id": answer.user_id,
        "variant": served.variant if served else server,
        "model_version": served.model_version if served else UNKNOWN,
        "server": server,
        "status": answer.status,
        "latency_ms": answer.latency_ms,
        "items": f"{{{','.join(answer.movie_ids)}}}",  # no id needs quotes in an array
        "personalised": served.personalised if served else None,
        "error": None if answer.error is None else _without_nul(answer.error),
    }


def _without_nul(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def quarantine_rows(decoded: Decoded, topic: str, now: datetime) -> pa.Table:
    """Return what is in quarantine, with its coordinates and bytes.

    A record's timestamp is the producer's word; one before 1970 or after ``now`` is brought to
    the nearer of the two.
    """
    latest_ms = microseconds(now) // 1000
    rows = [
        {
            "topic": topic,
            "partition": record.partition,
            "record_offset": record.offset,
            "received_at": min(max(record.timestamp, 0), latest_ms),
            "reason": reason,
            "line": f"\\x{(record.value or b'').hex()}",
        }
        for place, reason in decoded.quarantine.items()
        for record in [decoded.records[place]]
    ]
    return pa.Table.from_pylist(rows, _QUARANTINE)
