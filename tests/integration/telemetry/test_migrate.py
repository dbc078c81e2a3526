"""Migrations on real servers: once each, whole or not at all, under a lock."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from psycopg2.extensions import make_dsn, parse_dsn

from marquee.cli import cli
from marquee.dev.database import Database
from marquee.errors import DatabaseError
from marquee.telemetry.database import connected
from marquee.telemetry.migrate import expect_migrated, migrate
from marquee.telemetry.views import Views

from ...servers import execute, fresh_database
from .stored import query

RECORDED = "SELECT name FROM telemetry.schema_migration ORDER BY number"


def add(folder: Path, name: str, sql: str) -> None:
    (folder / "migrations" / name).write_text(sql)


def test_each_migration_runs_once(database: str) -> None:
    first, second = migrate(database), migrate(database)
    assert first.engine.startswith("PostgreSQL 18")
    assert [name for (name,) in query(database, RECORDED)] == list(first.applied)
    assert first.applied
    assert second.applied == ()
    assert first.views.anew
    assert second.views == Views(first.views.names, anew=False)


def test_several_deploys_at_once_take_turns(database: str) -> None:
    with ThreadPoolExecutor(4) as deploys:
        done = list(deploys.map(migrate, [database] * 4))
    assert sorted(bool(each.applied) for each in done) == [False, False, False, True]


def test_deploys_to_several_databases_of_a_server_share_its_roles(postgres: str) -> None:
    with (
        fresh_database(postgres) as one,
        fresh_database(postgres) as other,
        ThreadPoolExecutor(4) as deploys,
    ):
        done = list(deploys.map(migrate, [one, other, one, other]))
    assert sum(bool(each.applied) for each in done) == 2


def test_a_migration_that_fails_is_named_and_leaves_nothing(database: str, folder: Path) -> None:
    before = migrate(database)
    add(folder, "901-good.sql", "CREATE TABLE telemetry.good ();")
    add(folder, "902-bad.sql", "CREATE TABLE telemetry.half (); SELECT 1 / 0;")
    with pytest.raises(DatabaseError, match=r"902-bad.sql: division by zero"):
        migrate(database, folder=folder)
    names = [name for (name,) in query(database, RECORDED)]
    assert names == [*before.applied, "901-good.sql"]
    assert query(database, "SELECT to_regclass('telemetry.half')") == [(None,)]


def test_a_migration_marked_so_runs_outside_of_a_transaction(database: str, folder: Path) -> None:
    index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS extra ON telemetry.hit (movie_id);"
    add(folder, "901-extra.sql", index)
    with pytest.raises(DatabaseError, match=r"901-extra.sql: .*cannot run inside a transaction"):
        migrate(database, folder=folder)
    add(folder, "901-extra.sql", f"-- marquee: no transaction\n{index}")
    assert migrate(database, folder=folder).applied == ("901-extra.sql",)


def test_a_changed_file_and_a_newer_database_are_refused_and_nothing_is_done(
    database: str, folder: Path
) -> None:
    add(folder, "901-later.sql", "SELECT 1;")
    migrate(database, folder=folder)
    with pytest.raises(DatabaseError, match=r"901-later.sql.*newer than the code"):
        migrate(database)
    add(folder, "901-later.sql", "SELECT 2;")
    add(folder, "902-more.sql", "CREATE TABLE telemetry.more ();")
    with pytest.raises(DatabaseError, match=r"901-later.sql was changed"):
        migrate(database, folder=folder)
    assert query(database, "SELECT to_regclass('telemetry.more')") == [(None,)]


@pytest.mark.parametrize("verb", ["replay", "reconcile"])
def test_what_writes_beside_the_writer_refuses_a_database_of_another_version(
    database: str, verb: str
) -> None:
    error = CliRunner(env={"MARQUEE_DSN": database}).invoke(cli, ["telemetry", verb]).exception
    assert isinstance(error, DatabaseError)
    assert str(error).endswith("run `marquee telemetry migrate`")


def test_a_database_that_lost_its_records_is_said(migrated: str) -> None:
    execute(migrated, "DELETE FROM telemetry.schema_migration")
    with pytest.raises(DatabaseError, match=r"schema_migration is empty; expected a row"):
        migrate(migrated)
    with (
        connected(migrated) as connection,
        pytest.raises(DatabaseError, match="schema_migration is empty"),
    ):
        expect_migrated(connection)


def test_a_schema_of_that_name_of_somebody_else_is_left_alone(database: str) -> None:
    execute(database, "CREATE SCHEMA report")
    with pytest.raises(DatabaseError, match=r'001-tables.sql: schema "report" already exists'):
        migrate(database)


def test_the_command_says_the_engine_and_what_it_did(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_DSN", database)
    first, second = (CliRunner().invoke(cli, ["telemetry", "migrate"]) for _ in range(2))
    assert first.output.startswith("PostgreSQL 18")
    assert "001-tables.sql" in first.output
    assert "001-tables.sql" not in second.output
    assert second.exit_code == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "hidden"}, "password authentication failed"),
        ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
        ({"port": "1"}, "Connection refused"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line_without_the_password(
    postgres: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], said: str
) -> None:
    dsn = make_dsn(postgres, **change)
    monkeypatch.setenv("MARQUEE_DSN", dsn)
    error = CliRunner().invoke(cli, ["telemetry", "migrate"]).exception
    assert isinstance(error, DatabaseError)
    assert re.fullmatch(f"database .+: .*{said}.*", str(error))
    assert parse_dsn(dsn)["password"] not in str(error)


def stranger(database: str, rights: str) -> str:
    """How a role connects that may log in and ``rights``."""
    name = f"stranger_{uuid4().hex}"
    execute(database, f"CREATE ROLE {name} LOGIN PASSWORD 'strange' {rights}")
    return make_dsn(database, user=name, password="strange")


def test_a_role_without_rights_is_told_whose_it_takes(database: str) -> None:
    with pytest.raises(DatabaseError, match=r"^[^\n]+; expected a superuser, or the owner[^\n]+$"):
        migrate(stranger(database, "NOCREATEROLE"))
    assert query(database, "SELECT to_regnamespace('telemetry')") == [(None,)]


def test_the_owner_of_the_database_who_may_create_roles_may_migrate(own_postgres: Database) -> None:
    with fresh_database(own_postgres.dsn) as database:
        dsn = stranger(database, "CREATEROLE")
        name, role = parse_dsn(database)["dbname"], parse_dsn(dsn)["user"]
        execute(database, f"ALTER DATABASE {name} OWNER TO {role}")
        assert migrate(dsn).applied
        assert migrate(dsn).applied == ()


@pytest.mark.timescale
def test_a_server_with_timescaledb_gets_it(timescale_database: str) -> None:
    first = migrate(timescale_database)
    assert first.engine.startswith("TimescaleDB 2.")
    assert any(name.endswith(".timescale.sql") for name in first.applied)
    assert migrate(timescale_database).applied == ()


@pytest.mark.timescale
def test_an_engine_once_chosen_is_kept(timescale_database: str, root: Path, folder: Path) -> None:
    for path in [*folder.glob("migrations/*.*.sql"), *folder.glob("views/*.sql")]:
        path.unlink()
    migrate(timescale_database, folder=folder)
    execute(timescale_database, "UPDATE telemetry.schema_migration SET engine = 'postgres'")
    later = migrate(timescale_database, folder=root / "monitoring")
    assert later.engine.startswith("PostgreSQL 18")
    assert later.applied
    assert all(name.endswith(".postgres.sql") for name in later.applied)


@pytest.mark.timescale
def test_aggregates_by_jobs_are_not_reported_as_failed(timescale: str) -> None:
    jobs = query(timescale, "SELECT job_id FROM timescaledb_information.jobs WHERE job_id >= 1000")
    for (job_id,) in jobs:
        execute(timescale, f"CALL public.run_job({job_id})")
    assert query(timescale, "SELECT * FROM timescaledb_information.job_errors") == []
