"""Records into the database: one transaction a batch, exactly once in effect."""

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.errors import BrokerError
from marquee.telemetry.copy import copy_rows
from marquee.telemetry.database import Connection, Cursor
from marquee.telemetry.decode import decode
from marquee.telemetry.interactions import SLOT, Interactions, collapse
from marquee.telemetry.ledger import tally, write_ledger
from marquee.telemetry.offsets import lock_stream
from marquee.telemetry.recent import Recent
from marquee.telemetry.records import Applied, Record, Rules, Stream
from marquee.telemetry.rows import quarantine_rows, recommendation_rows
from marquee.telemetry.sql import statements
from marquee.telemetry.times import instant, interval

# By connection: a new one may lead to a database that is not as far, or to another one.
_RECENT: MutableMapping[Connection, Recent] = WeakKeyDictionary()


def apply_batch(
    connection: Connection,
    stream: Stream,
    records: Sequence[Record],
    end_offsets: Mapping[int, int],
    *,
    rules: Rules,
    now: datetime,
) -> Applied:
    """Apply records and the move of their partitions' offsets in one transaction, and commit it.

    Records of a partition must be in order; those that the database has already are skipped.
    ``end_offsets`` is where the broker says that partitions end; ``now`` (aware) is the clock that
    events of the future are judged by. On any exception nothing is applied, and the connection is
    rolled back.

    A gap before or between offsets, a partition that :func:`open_stream` was not told of, another
    topic of the same name or another cluster is a :class:`~marquee.errors.BrokerError`; a hit
    window that differs from the database's is a :class:`~marquee.errors.DatabaseError`. What
    psycopg2 raises of a lost connection is left as it is.
    """
    recent = _RECENT.get(connection) or _RECENT.setdefault(connection, Recent())
    with connection, connection.cursor() as cursor:
        positions = lock_stream(cursor, stream, rules)
        next_offsets = {p: position.next_offset for p, position in positions.items()}
        fresh = _skip_applied(stream.topic, records, next_offsets)
        decoded = decode(fresh, rules.scale, now)
        interactions = collapse(decoded)
        news = interactions.take(~recent.covers(interactions))
        copy_rows(cursor, "telemetry.quarantine", quarantine_rows(decoded, stream.topic, now))
        new = merge(cursor, news, recommendation_rows(decoded), rules.hit_window)
        newest = {p: position.newest_us for p, position in positions.items()}
        entries = tally(decoded, new, newest, rules.lateness)
        ranges = {p: (positions[p].next_offset, next_offsets[p]) for p in entries}
        write_ledger(cursor, stream.topic, entries, ranges, end_offsets)
    recent.add(news)
    return Applied(
        next_offsets=next_offsets,
        counts={partition: entry.counts for partition, entry in entries.items()},
        reasons=Counter(decoded.quarantine.values()),
    )


def _skip_applied(
    topic: str, records: Sequence[Record], next_offsets: dict[int, int]
) -> list[Record]:
    """Return the records that come next, and move the offsets to behind them."""
    fresh = []
    for record in records:
        expected = next_offsets.get(record.partition)
        if expected is None or record.offset > expected:
            raise _gap(topic, record, expected)
        if record.offset == expected:
            fresh.append(record)
            next_offsets[record.partition] = expected + 1
    return fresh


def _gap(topic: str, record: Record, expected: int | None) -> BrokerError:
    where = f"topic {topic}, partition {record.partition}: found offset {record.offset}, expected"
    if expected is None:
        return BrokerError(f"{where} none: it was not opened")
    return BrokerError(
        f"{where} {expected}: those between are missing; a topic must not be compacted, nor "
        "written in transactions, whose marks take offsets"
    )


def merge(
    cursor: Cursor, interactions: Interactions, recommendations: pa.Table, hit_window: timedelta
) -> Counter[tuple[int, str]]:
    """Merge events into the tables and recompute the hits they touch; count the new rows.

    The caller holds the lock. The counts are by partition and kind: watch, rating, recommendation.
    """
    if len(interactions) + len(recommendations) == 0:
        return Counter()
    copy_rows(cursor, "pg_temp.staged_interaction", interactions.as_table())
    copy_rows(cursor, "pg_temp.staged_recommendation", recommendations)
    bounds = _bounds(interactions.slot_at, recommendations["served_at"], hit_window)
    cursor.execute("".join(map(statements, ("merge", "attribute", "count_new"))), bounds)
    return Counter({(partition, kind): rows for partition, kind, rows in cursor.fetchall()})


def _bounds(
    slot_at: NDArray[np.int64], served_at: pa.ChunkedArray, window: timedelta
) -> dict[str, str]:
    """Return constants that bound what the statements look at, so that other chunks are left out.

    What is looked at is recommendations served from a window before the first slot on to the end
    of the slot after the last one, or new; and the slots that their hits and starts hang on.
    """
    window_us, slot_us = (part // timedelta(microseconds=1) for part in (window, SLOT))
    served = served_at.cast(pa.int64()).to_numpy()
    served_from = int(np.concatenate((slot_at - window_us, served)).min())
    served_to = int(np.concatenate((slot_at + 2 * slot_us, served)).max())
    return {
        "window": interval(window),
        "slot": interval(SLOT),
        "served_from": instant(served_from),
        "served_to": instant(served_to),
        "slots_from": instant(served_from - 2 * slot_us),
        "slots_to": instant(served_to + window_us),
    }
