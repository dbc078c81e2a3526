"""Records into the database: one transaction a batch, exactly once in effect."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg2.extensions import connection as Connection

from marquee.telemetry.records import Applied, Record, Rules, Stream


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
    raise NotImplementedError
