"""Bring a database to this version: migrations once each, views and grants when they changed."""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.sql import SQL, Identifier

from marquee.errors import DatabaseError
from marquee.telemetry.database import Connection, Cursor, connected, first_line
from marquee.telemetry.engine import choose_engine, describe_engine
from marquee.telemetry.migrations import (
    Engine,
    Migration,
    Record,
    monitoring_folder,
    pending,
    read_migrations,
)
from marquee.telemetry.roles import OWNER, ensure_roles
from marquee.telemetry.views import Views, apply_views

LOG = logging.getLogger(__name__)

_LOCK = "hashtextextended('marquee telemetry migrate', 0)"


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a database runs on, the migrations that it had now, the views that it has."""

    engine: str
    applied: tuple[str, ...]
    views: Views


def migrate(
    dsn: str, *, passwords: Mapping[str, str] | None = None, folder: Path | None = None
) -> Migrated:
    """Run the migrations that the database has not had; make changed views and grants anew.

    Each migration is a transaction of its own, recorded in ``telemetry.schema_migration``; of
    several callers at once one works and the others wait. ``passwords`` of roles are set;
    ``folder`` stands for ``monitoring/``. A database that is newer than the code, a file that
    changed since it ran, and whatever the server refuses are each a
    :class:`~marquee.errors.DatabaseError`; migrations before the one that failed are kept.
    """
    folder = folder or monitoring_folder()
    migrations = read_migrations(folder / "migrations")
    with connected(dsn, application="marquee migrate") as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            _lock(cursor)
            recorded, records = _history(cursor)
            engine = choose_engine(cursor, recorded)
            todo = pending(migrations, records, engine)
            ensure_roles(connection, engine, passwords or {})
            cursor.execute(SQL("SET ROLE {}").format(Identifier(OWNER)))
            for migration in todo:
                _apply(connection, migration, engine)
            views = apply_views(connection, folder)
            return Migrated(
                engine=describe_engine(cursor, engine),
                applied=tuple(migration.name for migration in todo),
                views=views,
            )


def expect_migrated(connection: Connection) -> None:
    """Raise :class:`~marquee.errors.DatabaseError` unless a database is as this version needs it.

    It must have had each migration of this version as it is, and no other.
    """
    with connection, connection.cursor() as cursor:
        engine, records = _history(cursor)
    migrations = read_migrations(monitoring_folder() / "migrations")
    missing = pending(migrations, records, engine or Engine.POSTGRES)
    if missing:
        names = ", ".join(migration.name for migration in missing)
        raise DatabaseError(
            f"the database has not had {names}; expected all migrations of this version: run "
            "`marquee telemetry migrate`"
        )


def _lock(cursor: Cursor) -> None:
    """Take the database's lock for migrations, until the connection ends.

    Waiting inside the server would keep a snapshot, which CREATE INDEX CONCURRENTLY waits for.
    """
    while True:
        cursor.execute(f"SELECT pg_catalog.pg_try_advisory_lock({_LOCK})")
        if cursor.fetchone() == (True,):
            return
        time.sleep(0.1)


def _history(cursor: Cursor) -> tuple[Engine | None, Sequence[Record]]:
    cursor.execute("SELECT pg_catalog.to_regclass('telemetry.schema_migration')")
    if cursor.fetchone() == (None,):
        return None, []
    cursor.execute(
        "SELECT number, name, sha256, engine FROM telemetry.schema_migration ORDER BY number"
    )
    rows = cursor.fetchall()
    if not rows:
        raise DatabaseError(
            "telemetry.schema_migration is empty; expected a row for each migration that the "
            "database has had: restore them, or drop the schemas telemetry and report"
        )
    return Engine(rows[0][3]), [Record(*row[:3]) for row in rows]


def _apply(connection: Connection, migration: Migration, engine: Engine) -> None:
    transaction = connection if migration.transactional else nullcontext()
    try:
        with transaction, connection.cursor() as cursor:
            cursor.execute(migration.sql)
            cursor.execute(
                "INSERT INTO telemetry.schema_migration (number, name, engine, sha256) "
                "VALUES (%s, %s, %s, %s)",
                (migration.number, migration.name, engine, migration.sha256),
            )
    except psycopg2.Error as error:
        raise DatabaseError(f"{migration.name}: {first_line(error)}") from error
    LOG.info("migrated name=%s engine=%s", migration.name, engine)
