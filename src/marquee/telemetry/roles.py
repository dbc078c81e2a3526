"""The three roles of a server: who owns the tables, who writes them, who reads the views."""

from collections.abc import Mapping

import psycopg2.errors
from psycopg2.extensions import encrypt_password
from psycopg2.sql import SQL, Identifier, Literal

from marquee.errors import DatabaseError
from marquee.telemetry.database import Connection, Cursor
from marquee.telemetry.migrations import Engine

OWNER, WRITER, READER = "marquee_owner", "marquee_writer", "marquee_reader"

_ATTEMPTS = 10
# Roles belong to the server: the deploy to another of its databases may be making them too.
_RACES = (
    psycopg2.errors.DuplicateObject,
    psycopg2.errors.UniqueViolation,
    psycopg2.errors.InternalError_,
)


def ensure_roles(connection: Connection, engine: Engine, passwords: Mapping[str, str]) -> None:
    """Make the roles that are missing, let those with a password log in, and admit them.

    They are made without a login. Afterwards the connection's role may act as the owner. Who else
    may connect is left as it is, as schemas and tables admit nobody else; but PUBLIC may not add
    jobs to TimescaleDB any more. A password reaches the server as its SCRAM verifier. A role that
    may not do this is a :class:`~marquee.errors.DatabaseError`.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _ensure(connection, engine, passwords)
        except _RACES:
            continue
    return _ensure(connection, engine, passwords)


def _ensure(connection: Connection, engine: Engine, passwords: Mapping[str, str]) -> None:
    try:
        with connection, connection.cursor() as cursor:
            _create(cursor)
            _let_in(cursor, engine, passwords)
            _admit(cursor)
            if engine is Engine.TIMESCALE:
                _keep_jobs_to_administrators(cursor)
    except psycopg2.errors.InsufficientPrivilege as error:
        raise DatabaseError(
            f"{error.diag.message_primary}; expected a superuser, or the owner of the database who "
            f"may create roles (or is a member of {OWNER}, with the other roles made before)"
        ) from None


def _create(cursor: Cursor) -> None:
    cursor.execute("SELECT rolname FROM pg_catalog.pg_roles")
    there = {name for (name,) in cursor.fetchall()}
    for role in (OWNER, WRITER, READER):
        if role not in there:
            cursor.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role)))
    cursor.execute("SELECT pg_catalog.pg_has_role(%s, 'SET')", (OWNER,))
    if cursor.fetchone() == (False,):
        cursor.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(OWNER)))


def _let_in(cursor: Cursor, engine: Engine, passwords: Mapping[str, str]) -> None:
    if engine is Engine.TIMESCALE and not _may_log_in(cursor, OWNER):
        # It refuses to run the background jobs of an owner without; there is still no password.
        cursor.execute(SQL("ALTER ROLE {} LOGIN").format(Identifier(OWNER)))
    for role, password in passwords.items():
        verifier = encrypt_password(password, role, cursor.connection, "scram-sha-256")
        cursor.execute(
            SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(Identifier(role), Literal(verifier))
        )


def _may_log_in(cursor: Cursor, role: str) -> bool:
    cursor.execute("SELECT rolcanlogin FROM pg_catalog.pg_roles WHERE rolname = %s", (role,))
    return cursor.fetchone() == (True,)


def _admit(cursor: Cursor) -> None:
    database = Identifier(cursor.connection.info.dbname)
    for statement in (
        f"GRANT ALL ON DATABASE {{}} TO {OWNER}",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {{}} TO {WRITER}",
        f"GRANT CONNECT ON DATABASE {{}} TO {READER}",
    ):
        cursor.execute(SQL(statement).format(database))


def _keep_jobs_to_administrators(cursor: Cursor) -> None:
    """Let the public add no jobs, which run in the background; who owns the function can."""
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_catalog.pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND proname = 'add_job' "
        "AND pg_catalog.pg_has_role(proowner, 'USAGE')"
    )
    for (function,) in cursor.fetchall():
        cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
