"""The schema ``report``: its views and functions, and who may use what; made anew every time."""

from pathlib import Path

import psycopg2

from marquee.errors import DatabaseError
from marquee.telemetry.database import Connection, Cursor, first_line

_VIEWS = """
SELECT relname FROM pg_catalog.pg_class
WHERE relnamespace = 'report'::regnamespace AND relkind = 'v' ORDER BY relname
"""
# One statement for all views, as they use each other; what others built on them is in the way.
_DROP = """
DO $$
DECLARE
    ours text;
BEGIN
    SELECT string_agg(oid::regclass::text, ', ') INTO ours FROM pg_catalog.pg_class
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


def apply_views(connection: Connection, folder: Path) -> tuple[str, ...]:
    """Replace the views by those of ``folder``, files in the order of their names; return theirs.

    All of it, the grants of ``grants.sql`` included, is one transaction. A file that the server
    refuses is a :class:`~marquee.errors.DatabaseError` that names it, and the old views stay.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(_DROP)
        for path in [*sorted((folder / "views").glob("*.sql")), folder / "grants.sql"]:
            _run(cursor, path)
        cursor.execute(_VIEWS)
        return tuple(name for (name,) in cursor.fetchall())


def _run(cursor: Cursor, path: Path) -> None:
    try:
        cursor.execute(path.read_text())
    except psycopg2.Error as error:
        raise DatabaseError(f"{path.name}: {first_line(error)}") from error
