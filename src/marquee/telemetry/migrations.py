"""The numbered SQL files of ``monitoring/migrations``: which there are, which are still to run."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from marquee.errors import DatabaseError

NOT_TRANSACTIONAL = "-- marquee: no transaction\n"
"""First line of a file of one statement that PostgreSQL refuses inside a transaction.

Its record is written after it, so it must bear being run again.
"""

_NAME = re.compile(r"(\d{3})-[a-z0-9-]+(?:\.([a-z]+))?\.sql")


class Engine(StrEnum):
    """What the tables are made of; chosen at the first migration and kept."""

    POSTGRES = "postgres"
    TIMESCALE = "timescale"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file, ``NNN-what.sql``, or ``NNN-what.ENGINE.sql`` where it is for one engine only."""

    name: str
    number: int
    engine: Engine | None
    sql: str
    sha256: str

    @property
    def transactional(self) -> bool:
        """Whether it runs inside a transaction, as all but a few do."""
        return not self.sql.startswith(NOT_TRANSACTIONAL)


@dataclass(frozen=True, slots=True)
class Record:
    """What a database says of a migration that it has had."""

    number: int
    name: str
    sha256: str


def monitoring_folder() -> Path:
    """Return the folder of the SQL files: in the installed package, or in the checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "monitoring", package.parents[1] / "monitoring"):
        if (folder / "migrations").is_dir():
            return folder
    raise DatabaseError(f"{package}: no folder monitoring/migrations in it or in its checkout")


def read_migrations(folder: Path) -> list[Migration]:
    """Read every migration of a folder, for either engine, by number and name."""
    return [_read(path) for path in sorted(folder.glob("*.sql"))]


def _read(path: Path) -> Migration:
    match = _NAME.fullmatch(path.name)
    if not match or match[2] not in (None, *Engine):
        raise DatabaseError(
            f"{path}: expected a name such as 001-tables.sql, 002-policies.timescale.sql "
            f"or 002-triggers.postgres.sql"
        )
    content = path.read_bytes()
    return Migration(
        name=path.name,
        number=int(match[1]),
        engine=Engine(match[2]) if match[2] else None,
        sql=content.decode(),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def pending(
    migrations: Sequence[Migration], applied: Iterable[Record], engine: Engine
) -> list[Migration]:
    """Return what a database of an engine still has to run, in order.

    A file that changed since it ran, a record without a file (the database is newer than this
    version) and two files of one number are each a :class:`~marquee.errors.DatabaseError`.
    """
    files = {migration.number: migration for migration in _of(engine, migrations)}
    for record in applied:
        _compare(record, files.pop(record.number, None))
    return list(files.values())


def _of(engine: Engine, migrations: Sequence[Migration]) -> Iterator[Migration]:
    own = [migration for migration in migrations if migration.engine in (None, engine)]
    for before, after in pairwise(own):
        if before.number == after.number:
            raise DatabaseError(
                f"{before.name} and {after.name} have one number; expected a number each"
            )
    yield from own


def _compare(record: Record, migration: Migration | None) -> None:
    if migration is None:
        raise DatabaseError(
            f"the database has had migration {record.name}, which this version does not know: "
            f"it is newer than the code; expected to be migrated by a newer version"
        )
    if migration.sha256 != record.sha256:
        raise DatabaseError(
            f"{migration.name} was changed after the database had it as {record.name} (SHA-256 "
            f"{record.sha256[:12]}…, now {migration.sha256[:12]}…); expected it as it was: a "
            f"change to the database is a new file"
        )
