"""Migrations on real servers: once each, whole or not at all, under a lock."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

import psycopg2
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


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A copy of ``monitoring/``, to add to."""
    return Path(shutil.copytree(root / "monitoring", tmp_path / "monitoring"))


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


def test_a_view_may_change_its_columns(migrated: str, folder: Path) -> None:
    path = folder / "views/10-number.sql"
    path.write_text("CREATE VIEW report.number AS SELECT 1 AS one, 2 AS two;")
    migrate(migrated, folder=folder)
    path.write_text("CREATE VIEW report.number AS SELECT 'x' AS two;")
    migrate(migrated, folder=folder)
    assert query(migrated, "SELECT * FROM report.number") == [("x",)]
    path.unlink()
    done = migrate(migrated, folder=folder).views
    assert done.anew
    assert "number" not in done.names


def test_a_view_that_fails_is_named_and_the_old_views_stay(migrated: str, folder: Path) -> None:
    (folder / "views/99-broken.sql").write_text("CREATE VIEW report.broken AS SELECT nothing;")
    with pytest.raises(DatabaseError, match=r'99-broken.sql: column "nothing" does not exist'):
        migrate(migrated, folder=folder)
    assert query(migrated, "SELECT count(*) FROM report.traffic_1m") == [(0,)]


def change(folder: Path, sql: str = "SELECT 1;") -> None:
    """Change a file, so that views are made anew."""
    (folder / "views/99-more.sql").write_text(sql)


def test_a_view_that_somebody_else_built_upon_is_not_dropped_under_them(
    migrated: str, folder: Path
) -> None:
    execute(migrated, "CREATE VIEW public.theirs AS SELECT * FROM report.traffic_1m")
    migrate(migrated)
    change(folder)
    with pytest.raises(DatabaseError, match="other objects depend on"):
        migrate(migrated, folder=folder)
    assert query(migrated, "SELECT count(*) FROM public.theirs") == [(0,)]


def test_what_others_have_in_the_schemas_stays_as_it_is(either: str, folder: Path) -> None:
    execute(either, "CREATE VIEW report.theirs AS SELECT 1 AS one")
    execute(either, "CREATE TABLE telemetry.theirs AS TABLE telemetry.hit")
    execute(either, "CREATE FUNCTION report.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    execute(either, "GRANT SELECT ON telemetry.theirs TO marquee_reader")
    change(folder)
    # As the owner, who may not touch them; a superuser could.
    done = migrate(either, folder=folder).views
    assert done.anew
    assert "theirs" not in done.names
    assert query(either, "SELECT one, report.f() FROM report.theirs") == [(1, 1)]
    theirs = "SELECT has_table_privilege('marquee_reader', 'telemetry.theirs', 'SELECT')"
    assert query(either, theirs) == [(True,)]


def test_a_new_table_is_granted_though_no_view_changed(migrated: str, folder: Path) -> None:
    add(folder, "901-more.sql", "CREATE TABLE telemetry.more ();")
    migrate(migrated, folder=folder)
    writer = "SELECT has_table_privilege('marquee_writer', 'telemetry.more', 'SELECT')"
    assert query(migrated, writer) == [(True,)]


READINGS = (
    "SELECT * FROM report.hit_rate_by_variant(now() - interval '1 day', now())",
    "SELECT * FROM report.hit_rate_by_model_1h",
    "SELECT * FROM report.watermark, report.delay_percentiles, report.cohort_1h",
)


@contextmanager
def looping_readers(dsn: str) -> Iterator[Counter[str]]:
    """Dashboards that read again and again; the errors that they have had."""
    stop, errors = Event(), Counter[str]()

    def read(sql: str) -> None:
        with closing(psycopg2.connect(dsn)) as connection:
            while not stop.wait(0.05):
                try:
                    with connection, connection.cursor() as cursor:
                        cursor.execute(sql)
                except psycopg2.Error as error:
                    errors[type(error).__name__] += 1

    with ThreadPoolExecutor(len(READINGS)) as readers:
        done = [readers.submit(read, sql) for sql in READINGS]
        try:
            yield errors
        finally:
            stop.set()
    for each in done:
        each.result()


def test_views_are_made_anew_beside_readers(either: str, folder: Path) -> None:
    with looping_readers(either) as errors:
        for number in range(3):
            change(folder, f"SELECT {number};")
            assert migrate(either, folder=folder).views.anew
    assert "DeadlockDetected" not in errors


def test_readers_do_not_notice_a_migration_that_changes_nothing(either: str) -> None:
    with looping_readers(either) as errors:
        assert not any(migrate(either).views.anew for _ in range(5))
    assert errors == {}


def test_views_that_a_transaction_keeps_in_use_are_left_after_a_while(
    migrated: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee.telemetry.views._ATTEMPTS", 2)
    change(folder)
    with closing(psycopg2.connect(migrated)) as reader, reader.cursor() as cursor:
        cursor.execute("SELECT * FROM report.watermark")
        with pytest.raises(DatabaseError, match="schema report are in use: gave up after 2"):
            migrate(migrated, folder=folder)
        cursor.execute("SELECT * FROM report.watermark")
    assert migrate(migrated, folder=folder).views.anew


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
