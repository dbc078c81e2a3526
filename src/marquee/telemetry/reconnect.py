"""A connection to the database that is made anew after a failure."""

from collections.abc import Iterator
from contextlib import contextmanager

from marquee.telemetry.database import Connection, connect, database_errors, describe


class Reconnecting:
    """Connects when first used, and again after whatever went wrong; it is for one thread."""

    def __init__(self, dsn: str, *, application: str) -> None:
        self._dsn, self._application = dsn, application
        self._connection: Connection | None = None

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Yield the connection; an exception in the block closes it.

        What psycopg2 raises is a :class:`~marquee.errors.DatabaseError`, of a lost connection
        :class:`~marquee.telemetry.database.DatabaseUnavailable`.
        """
        if self._connection is None:
            self._connection = connect(self._dsn, application=self._application)
        try:
            with database_errors(describe(self._dsn)):
                yield self._connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close what is open; the next use connects again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
