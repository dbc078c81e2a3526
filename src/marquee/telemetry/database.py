"""Connections to the telemetry database, whose failures are one line without the password."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TypeAlias

import psycopg2
from psycopg2 import extensions

from marquee.errors import DatabaseError

Connection: TypeAlias = extensions.connection
Cursor: TypeAlias = extensions.cursor

_PLAIN = {"host": r"[^@/]*|/[^@]*", "port": r"[\d,]*", "dbname": r"[^@/]*"}
_PREFIX = re.compile(r'connection to server (?:at|on socket) "[^"]*".*? failed: (?:FATAL:\s+)?')
# A server that is gone without a word is noticed within a minute.
_KEEPALIVE = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# Whatever the database or the role has for a default.
_SESSION = "-c timezone=UTC -c intervalstyle=postgres"


class DatabaseUnavailable(DatabaseError):
    """A database that does not answer, or lets nobody in; it may come back by itself."""


def connect(dsn: str, *, application: str = "marquee") -> Connection:
    """Return a connection in UTC and UTF-8 to what ``dsn`` names.

    A DSN that says nothing is a :class:`~marquee.errors.DatabaseError`; a server that does not
    answer, or refuses, is :class:`DatabaseUnavailable`.
    """
    where = describe(dsn)
    parts = extensions.parse_dsn(dsn)
    options = f"{parts.pop('options', '')} {_SESSION}"
    defaults = {"application_name": application, "connect_timeout": "10", **_KEEPALIVE}
    with database_errors(where):
        connection: Connection = psycopg2.connect(
            **{**defaults, **parts, "options": options, "client_encoding": "UTF8"}
        )
    return connection


def describe(dsn: str) -> str:
    """Spell where ``dsn`` leads, without the password: ``database NAME at HOST:PORT as USER``."""
    try:
        parts = extensions.parse_dsn(dsn)
    except psycopg2.ProgrammingError:
        parts = {}
    # A password with an unescaped / or @ spills over into the parts after it.
    if not parts or any(
        not re.fullmatch(plain, parts.get(name, "")) for name, plain in _PLAIN.items()
    ):
        raise DatabaseError(
            "MARQUEE_DSN: not the address of a database; expected "
            "postgresql://USER:PASSWORD@HOST:PORT/NAME, with special characters as %XX"
        )
    user = parts.get("user", "the user of this process")
    host, port = parts.get("host", "this machine"), parts.get("port", "5432")
    return f"database {parts.get('dbname', user)} at {host}:{port} as {user}"


@contextmanager
def connected(dsn: str, *, application: str = "marquee") -> Iterator[Connection]:
    """Connect for a while; what the server refuses meanwhile is a ``DatabaseError`` too."""
    with (
        closing(connect(dsn, application=application)) as connection,
        database_errors(describe(dsn)),
    ):
        yield connection


@contextmanager
def database_errors(where: str) -> Iterator[None]:
    """Raise what psycopg2 raises in the block as a ``DatabaseError`` of one line.

    What may pass by itself (a lost connection, a server that starts) is
    :class:`DatabaseUnavailable`.
    """
    try:
        yield
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise DatabaseUnavailable(f"{where}: {first_line(error)}") from error
    except psycopg2.Error as error:
        raise DatabaseError(f"{where}: {first_line(error)}") from error


def first_line(error: psycopg2.Error) -> str:
    """Return what went wrong without the context, which may quote a row."""
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return _PREFIX.sub("", line)
