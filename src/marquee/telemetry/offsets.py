"""How far each partition has been applied; every look at it holds the writers' one lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from marquee.errors import BrokerError, DatabaseError
from marquee.telemetry.database import Connection, Cursor
from marquee.telemetry.interactions import SLOT
from marquee.telemetry.records import Rules, Stream
from marquee.telemetry.sql import statements

LOCK = 0x6D61727175656501
"""The advisory lock of whoever writes events or hits, held to the end of the transaction."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a partition stands: the next offset, and its newest event, in microseconds."""

    next_offset: int
    newest_us: int | None


def open_stream(
    connection: Connection,
    stream: Stream,
    beginnings: Mapping[int, int],
    *,
    rules: Rules,
) -> dict[int, int]:
    """Return the offset that comes next in each partition; a new one starts at its beginning.

    ``beginnings`` is where the broker says that partitions begin. Call it at the start and
    whenever partitions are assigned; it commits. A partition whose next offset the broker no
    longer has, another topic of the same name or another cluster is a
    :class:`~marquee.errors.BrokerError`; a hit window that differs from the database's is a
    :class:`~marquee.errors.DatabaseError`.
    """
    with connection, connection.cursor() as cursor:
        positions = lock_stream(cursor, stream, rules)
        for partition, beginning in beginnings.items():
            if partition not in positions:
                cursor.execute(statements("open"), _row(stream, partition, beginning))
    known = {partition: position.next_offset for partition, position in positions.items()}
    for partition, beginning in beginnings.items():
        if beginning > known.get(partition, beginning):
            raise BrokerError(
                f"topic {stream.topic}, partition {partition}: the broker's records begin at "
                f"offset {beginning}, expected {known[partition]}: those between are lost"
            )
    return {**beginnings, **known}


def _row(stream: Stream, partition: int, beginning: int) -> dict[str, object]:
    return {
        "topic": stream.topic,
        "partition": partition,
        "cluster_id": stream.cluster_id,
        "topic_id": str(stream.topic_id),
        "beginning": beginning,
    }


def lock_stream(cursor: Cursor, stream: Stream, rules: Rules) -> dict[int, Position]:
    """Take the lock for this transaction; check that the database is for this stream and rules."""
    lock(cursor, rules.hit_window)
    cursor.execute(statements("offsets"), {"topic": stream.topic})
    positions = {}
    for partition, cluster_id, topic_id, next_offset, newest_us in cursor.fetchall():
        _check_origin(stream, partition, cluster_id, UUID(topic_id))
        positions[partition] = Position(next_offset, newest_us)
    return positions


def lock(cursor: Cursor, hit_window: timedelta) -> None:
    """Wait until no other transaction writes, and make this one ready to.

    Stored hits of another window or slot are a :class:`~marquee.errors.DatabaseError`.
    """
    take_lock(cursor)
    cursor.execute("SELECT hit_window, session_slot FROM telemetry.attribution")
    stored = cursor.fetchone()
    if stored is None or stored[1] != SLOT:
        raise DatabaseError(
            f"telemetry.attribution: expected one row with a session slot of {SLOT}, found {stored}"
        )
    if stored[0] != hit_window:
        raise DatabaseError(
            f"MARQUEE_HIT_WINDOW_S is {_seconds(hit_window)}, but the database's hits are made "
            f"with {_seconds(stored[0])}: set it to that, or make all hits anew by "
            "`marquee telemetry reconcile --repair`"
        )


def take_lock(cursor: Cursor) -> None:
    """Wait until no other transaction writes, whatever hits are made of."""
    cursor.execute(statements("begin"), {"lock": LOCK})


def _seconds(interval: timedelta) -> str:
    return f"{interval.total_seconds():g}"


def _check_origin(stream: Stream, partition: int, cluster_id: str, topic_id: UUID) -> None:
    where = f"topic {stream.topic}, partition {partition}"
    if cluster_id != stream.cluster_id:
        raise BrokerError(
            f"{where}: the broker's cluster is {stream.cluster_id}, expected {cluster_id}, whose "
            "offsets the database has"
        )
    if topic_id != stream.topic_id:
        raise BrokerError(
            f"{where}: the topic was made anew, its id is {stream.topic_id}, expected {topic_id}: "
            "take another MARQUEE_TOPIC, or delete the topic's rows of telemetry.stream_offset and "
            "telemetry.quarantine to apply the new one from its beginning"
        )
