from pathlib import Path

import pytest

from marquee.errors import DatabaseError
from marquee.telemetry.migrations import Engine, Record, pending, read_migrations

NAMES = ("001-tables.sql", "002-marks.postgres.sql", "002-policies.timescale.sql", "003-more.sql")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_text(f"-- {name}\n")
    return tmp_path


def records(folder: Path, *names: str) -> list[Record]:
    """What a database says that has had these."""
    found = {migration.name: migration for migration in read_migrations(folder)}
    return [Record(found[name].number, name, found[name].sha256) for name in names]


@pytest.mark.parametrize(
    ("engine", "names"),
    [
        (Engine.POSTGRES, ["001-tables.sql", "002-marks.postgres.sql", "003-more.sql"]),
        (Engine.TIMESCALE, ["001-tables.sql", "002-policies.timescale.sql", "003-more.sql"]),
    ],
)
def test_an_engine_runs_what_is_for_both_and_what_is_its_own(
    folder: Path, engine: Engine, names: list[str]
) -> None:
    todo = pending(read_migrations(folder), [], engine)
    assert [migration.name for migration in todo] == names


def test_what_a_database_has_had_is_not_run_again(folder: Path) -> None:
    had = records(folder, "001-tables.sql", "002-marks.postgres.sql")
    todo = pending(read_migrations(folder), had, Engine.POSTGRES)
    assert [migration.name for migration in todo] == ["003-more.sql"]


def test_a_file_that_changed_since_is_named(folder: Path) -> None:
    had = records(folder, "001-tables.sql")
    (folder / "001-tables.sql").write_text("-- another\n")
    with pytest.raises(DatabaseError, match=r"001-tables.sql was changed after the database had"):
        pending(read_migrations(folder), had, Engine.POSTGRES)


def test_a_database_newer_than_the_code_is_said(folder: Path) -> None:
    had = records(folder, *(name for name in NAMES if "timescale" not in name))
    (folder / "003-more.sql").unlink()
    with pytest.raises(DatabaseError, match=r"had migration 003-more.sql.*newer than the code"):
        pending(read_migrations(folder), had, Engine.POSTGRES)


def test_two_files_of_one_number_are_named(folder: Path) -> None:
    (folder / "003-other.postgres.sql").write_text("")
    assert pending(read_migrations(folder), [], Engine.TIMESCALE)
    with pytest.raises(DatabaseError, match=r"003-more.sql and 003-other.postgres.sql have one"):
        pending(read_migrations(folder), [], Engine.POSTGRES)


@pytest.mark.parametrize("name", ["4-short.sql", "004-Upper.sql", "004-x.oracle.sql", "004.sql"])
def test_a_file_without_a_number_a_name_and_a_known_engine_is_refused(
    folder: Path, name: str
) -> None:
    (folder / name).write_text("")
    with pytest.raises(DatabaseError, match="expected a name such as"):
        read_migrations(folder)
