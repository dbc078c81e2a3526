"""How far each partition has been applied."""

from collections.abc import Mapping

from psycopg2.extensions import connection as Connection

from marquee.telemetry.records import Rules, Stream


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
    raise NotImplementedError
