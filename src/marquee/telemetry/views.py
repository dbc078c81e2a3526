"""The schema ``report``: its views and functions, and who may use what; made anew on change."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg2.errors

from marquee.errors import DatabaseError
from marquee.telemetry.database import Connection, Cursor, first_line

_ATTEMPTS = 100
_PAUSE_S = 0.1
_IN_USE = (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected)
# Less than the second after which a server ends one of two that wait for each other, so that no
# reader is the one; and short, as whoever comes meanwhile may take views in another order.
_PATIENCE = "SET LOCAL lock_timeout = '100ms'"
_COMMENT = "SELECT pg_catalog.obj_description('report'::regnamespace, 'pg_namespace')"
# New migrations bring tables, which are to be granted too. A view, function or grant that somebody
# took away or changed leaves another xmin, or none.
_STATE = """
SELECT
    (SELECT string_agg(sha256, ' ' ORDER BY number) FROM telemetry.schema_migration),
    (
        SELECT string_agg(format('%s %s', oid, xmin), ' ' ORDER BY oid) FROM pg_catalog.pg_class
        WHERE relnamespace = 'report'::regnamespace AND relowner = 'marquee_owner'::regrole
    ),
    (
        SELECT string_agg(format('%s %s', oid, xmin), ' ' ORDER BY oid) FROM pg_catalog.pg_proc
        WHERE pronamespace = 'report'::regnamespace AND proowner = 'marquee_owner'::regrole
    )
"""
_VIEWS = """
SELECT relname FROM pg_catalog.pg_class
WHERE relnamespace = 'report'::regnamespace AND relkind = 'v'
  AND relowner = 'marquee_owner'::regrole
ORDER BY relname
"""
# One statement for all views, as they use each other; what others built on them is in the way.
# A reader takes a view before those in it, which are older: so they are taken in that order.
_DROP = """
DO $$
DECLARE
    ours text;
BEGIN
    SELECT string_agg(oid::regclass::text, ', ' ORDER BY oid DESC) INTO ours
    FROM pg_catalog.pg_class
    WHERE relnamespace = 'report'::regnamespace AND relkind = 'v'
      AND relowner = 'marquee_owner'::regrole;
    IF ours IS NOT NULL THEN
        EXECUTE 'DROP VIEW ' || ours;
    END IF;
    SELECT string_agg(oid::regprocedure::text, ', ') INTO ours FROM pg_catalog.pg_proc
    WHERE pronamespace = 'report'::regnamespace AND proowner = 'marquee_owner'::regrole;
    IF ours IS NOT NULL THEN
        EXECUTE 'DROP ROUTINE ' || ours;
    END IF;
END $$
"""


@dataclass(frozen=True, slots=True)
class Views:
    """The views that there are, and whether they were made just now."""

    names: tuple[str, ...]
    anew: bool


def apply_views(connection: Connection, folder: Path) -> Views:
    """Replace the views by those of ``folder``, files in the order of their names.

    All of it, the grants of ``grants.sql`` included, is one transaction. It is left out where the
    comment on schema ``report`` says that these very files made what is there, and no migration
    has come since.
    Views in use are waited for a moment at a time, for some 20 seconds, so that readers go on;
    those that are in use for longer, and a file that the server refuses, are each a
    :class:`~marquee.errors.DatabaseError`, and the old views stay.
    """
    files = [*sorted((folder / "views").glob("*.sql")), folder / "grants.sql"]
    for _ in range(_ATTEMPTS):
        try:
            return _replace(connection, files)
        except _IN_USE:
            time.sleep(_PAUSE_S)
    raise DatabaseError(
        f"the views of schema report are in use: gave up after {_ATTEMPTS} attempts to replace "
        "them; expected no transaction to keep them for long (pg_stat_activity shows which does)"
    )


def _replace(connection: Connection, files: Sequence[Path]) -> Views:
    with connection, connection.cursor() as cursor:
        cursor.execute(_COMMENT)
        anew = cursor.fetchone() != (_describe(cursor, files),)
        if anew:
            cursor.execute(_PATIENCE)
            cursor.execute(_DROP)
            for path in files:
                _run(cursor, path)
            cursor.execute("COMMENT ON SCHEMA report IS %s", (_describe(cursor, files),))
        cursor.execute(_VIEWS)
        return Views(tuple(name for (name,) in cursor.fetchall()), anew)


def _describe(cursor: Cursor, files: Sequence[Path]) -> str:
    """Return what tells the views that are there, had these files made them, from any others."""
    cursor.execute(_STATE)
    digest = hashlib.sha256(repr(cursor.fetchone()).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"Views and grants of Marquee, of SHA-256 {digest.hexdigest()}"


def _run(cursor: Cursor, path: Path) -> None:
    try:
        cursor.execute(path.read_text())
    except _IN_USE:
        raise
    except psycopg2.Error as error:
        raise DatabaseError(f"{path.name}: {first_line(error)}") from error
