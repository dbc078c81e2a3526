"""Which of the two engines a database has: plain PostgreSQL, or TimescaleDB on it."""

import psycopg2.errors

from marquee.errors import DatabaseError
from marquee.telemetry.database import Cursor
from marquee.telemetry.migrations import Engine

# Of a library that is not preloaded no setting is known; which are preloaded is a secret of
# administrators.
_TIMESCALE = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'timescaledb'),
       EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'timescaledb')
       AND pg_catalog.current_setting('timescaledb.disable_load', true) IS NOT NULL
"""

_OLDEST = 18


def expect_version(server_version: int) -> None:
    """Raise a :class:`~marquee.errors.DatabaseError` for a server older than PostgreSQL 18.

    The writer asks for what a row was before its update, ``RETURNING old.…``. ``server_version``
    is libpq's number, 180004 for 18.4.
    """
    if server_version // 10_000 < _OLDEST:
        found = ".".join(map(str, divmod(server_version, 10_000)))
        raise DatabaseError(f"found PostgreSQL {found}; expected PostgreSQL {_OLDEST} or later")


def choose_engine(cursor: Cursor, recorded: Engine | None) -> Engine:
    """Return the engine that was ``recorded``, or else the better one, made ready for use.

    TimescaleDB is chosen where its extension is installed, or can be because the server has loaded
    it. A server that is too old, one that lost the extension its tables are made of, and a role
    that may not install it, are each a :class:`~marquee.errors.DatabaseError`.
    """
    expect_version(cursor.connection.info.server_version)
    if recorded is Engine.POSTGRES:
        return recorded
    cursor.execute(_TIMESCALE)
    installed, available = cursor.fetchone() or (False, False)
    if installed:
        return Engine.TIMESCALE
    if recorded:
        raise DatabaseError("the database was made on TimescaleDB; found no extension timescaledb")
    if not available:
        return Engine.POSTGRES
    try:
        cursor.execute("CREATE EXTENSION timescaledb SCHEMA public")
    except psycopg2.errors.InsufficientPrivilege:
        raise DatabaseError(
            "the server has TimescaleDB, but this role may not install it; expected an "
            "administrator to run CREATE EXTENSION timescaledb in this database first"
        ) from None
    return Engine.TIMESCALE


def describe_engine(cursor: Cursor, engine: Engine) -> str:
    """Spell the engine and its versions: ``TimescaleDB 2.29.2 on PostgreSQL 18.4``."""
    cursor.execute(
        "SELECT split_part(current_setting('server_version'), ' ', 1), "
        "(SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'timescaledb')"
    )
    server, extension = cursor.fetchone() or ("", "")
    postgres = f"PostgreSQL {server}"
    return f"TimescaleDB {extension} on {postgres}" if engine is Engine.TIMESCALE else postgres
