"""The PostgreSQL of ``marquee dev db`` asks for a password, and keeps its folder whole."""

import signal
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from marquee.dev.database import Database, start_database
from marquee.errors import DatabaseError

from ...servers import execute, started_database
from ...shell import attempt
from .processes import at_work_in, eventually, marquee_dev


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with started_database() as running:
        yield running


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder to be; each session of pytest closes ``tmp_path`` to all but the user it runs as."""
    with TemporaryDirectory() as folder:
        yield Path(folder, "data")


def ask(dsn: str, question: str) -> object:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
        return row and row[0]


def refusal(data: Path) -> str:
    done = attempt("marquee", "dev", "db", "--data", str(data))
    assert done.returncode == DatabaseError.exit_code
    return done.stderr


def test_it_is_the_version_that_the_schema_is_written_for(postgres: str) -> None:
    assert str(ask(postgres, "SHOW server_version")).startswith("18.")


def test_a_database_of_a_test_is_empty_and_keeps_what_is_written(database: str) -> None:
    assert ask(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    execute(database, "CREATE TABLE kept AS SELECT 'ü' AS letter")
    assert ask(database, "SELECT letter FROM kept") == "ü"


@pytest.mark.parametrize("immediate", [False, True])
def test_a_restart_keeps_the_dsn_and_the_data(server: Database, immediate: bool) -> None:
    execute(server.dsn, f"CREATE TABLE kept_{immediate} AS SELECT 1 AS one")
    before = server.dsn
    server.stop(immediate=immediate)
    assert not server.listens()
    server.start()
    assert server.dsn == before
    assert ask(server.dsn, f"SELECT one FROM kept_{immediate}") == 1


def test_settings_are_the_servers(server: Database) -> None:
    assert ask(server.dsn, "SHOW fsync") == "off"


@pytest.mark.parametrize("password", ["wrong", ""])
def test_another_password_is_refused(server: Database, password: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(make_dsn(server.dsn, password=password, passfile="/dev/null"))


def test_the_password_is_its_owners_alone(server: Database) -> None:
    for path in (server.folder, server.folder / "password"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_folder_in_use_is_refused(server: Database) -> None:
    assert refusal(server.folder) == f"marquee: {server.folder}: another PostgreSQL runs on it\n"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert refusal(tmp_path) == (
        f"marquee: {tmp_path}: expected an empty folder, or one that marquee dev db made\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert (
        refusal(tmp_path / "file" / "data") == f"marquee: {tmp_path}/file/data: Not a directory\n"
    )


def test_a_damaged_folder_is_told_in_one_line(server: Database) -> None:
    server.stop()
    control = server.folder / "global" / "pg_control"
    whole = control.read_bytes()
    control.write_bytes(bytes(len(whole)))
    said = refusal(server.folder)
    control.write_bytes(whole)
    server.start()
    assert said.startswith("marquee: PostgreSQL did not start: ")
    assert said.count("\n") == 1


def test_a_password_file_that_is_not_the_servers_is_told(server: Database) -> None:
    server.stop()
    password = server.folder / "password"
    real = password.read_text()
    password.write_text("wrong")
    said = refusal(server.folder)
    password.write_text(real)
    server.start()
    assert said == (
        f'marquee: {server.folder}: password authentication failed for user "marquee"\n'
    )


def test_a_killed_parent_takes_the_server_along_and_its_folder_serves_again(data: Path) -> None:
    with marquee_dev("db", "--data", str(data)) as (process, dsn):
        execute(dsn, "CREATE TABLE kept AS SELECT 1 AS one")
        assert at_work_in(data)
        process.kill()
        process.wait()
        assert eventually(lambda: at_work_in(data) == [])
    with start_database(data=data) as again:
        assert ask(again.dsn, "SELECT one FROM kept") == 1


def test_an_interrupt_stops_it_in_good_order(data: Path) -> None:
    with marquee_dev("db", "--data", str(data)) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert at_work_in(data) == []
    assert not (data / "postmaster.pid").exists()
    assert "database system is shut down" in (data / "log").read_text()
