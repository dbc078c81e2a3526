"""Who may do what, by logging in as each role."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from uuid import UUID

import psycopg2
import pytest
from click.testing import CliRunner
from psycopg2.extensions import make_dsn

from marquee.cli import cli
from marquee.events import RatingScale
from marquee.telemetry.apply import apply_batch
from marquee.telemetry.database import connected
from marquee.telemetry.migrate import migrate
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.records import Record, Rules, Stream
from marquee.telemetry.roles import READER, WRITER

from ...servers import execute, fresh_database
from .stored import query
from .streams import NOW

SECRETS = {WRITER: "it's the writer\\'s", READER: 'the "reader"%s'}
DENIED = psycopg2.errors.InsufficientPrivilege


@pytest.fixture(
    scope="module",
    params=["postgres", pytest.param("timescale_server", marks=pytest.mark.timescale)],
)
def admin(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with roles that may log in, on either engine."""
    with fresh_database(request.getfixturevalue(request.param)) as dsn:
        migrate(dsn, passwords=SECRETS)
        yield dsn


def as_role(admin: str, role: str) -> str:
    return make_dsn(admin, user=role, password=SECRETS[role])


@pytest.fixture
def reader(admin: str) -> str:
    return as_role(admin, READER)


@pytest.fixture
def writer(admin: str) -> str:
    return as_role(admin, WRITER)


def relations(admin: str, schema: str) -> Iterator[str]:
    rows = query(
        admin,
        "SELECT relname FROM pg_class "
        f"WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'v', 'p')",
    )
    assert rows
    return (f"{schema}.{name}" for (name,) in rows)


STREAM = Stream("movielog", UUID(int=7), "cluster")
RULES = Rules(RatingScale(), timedelta(hours=1), timedelta(minutes=5))
LINES = (
    b"2025-01-01T12:00:00,7,recommendation request a:1, status 200, result: b+2000, 30 ms",
    b"2025-01-01T12:01:00,7,GET /data/m/b+2000/0.mpg",
    b"2025-01-01T12:02:00,7,GET /rate/b+2000=5",
    b"torn",
)


def write(dsn: str) -> None:
    records = [Record(0, offset, 1_735_700_000_000, line) for offset, line in enumerate(LINES)]
    with connected(dsn) as connection:
        open_stream(connection, STREAM, {0: 0}, rules=RULES)
        apply_batch(connection, STREAM, records, {0: len(LINES)}, rules=RULES, now=NOW)


def test_the_reader_reads_every_view_of_what_the_writer_wrote(
    admin: str, writer: str, reader: str
) -> None:
    write(writer)
    for view in relations(admin, "report"):
        query(reader, f"SELECT * FROM {view}")
    assert query(reader, "SELECT sum(requests) FROM report.traffic_1m") == [(1,)]
    assert query(reader, "SELECT latency_p99_ms FROM report.latency_percentiles_1h")


def test_the_reader_can_read_no_table(admin: str, reader: str) -> None:
    for table in relations(admin, "telemetry"):
        with pytest.raises(DENIED):
            query(reader, f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM report.model_deploy",
        "INSERT INTO report.stream (topic) VALUES ('x')",
        "CREATE VIEW report.mine AS SELECT 1",
        "CREATE TABLE public.mine ()",
        "DROP VIEW report.stream",
        "SET ROLE marquee_writer",
    ],
)
def test_the_reader_can_write_nothing(reader: str, statement: str) -> None:
    with pytest.raises(psycopg2.Error, match=r"permission denied|must be owner|cannot"):
        query(reader, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE telemetry.hit",
        "ALTER TABLE telemetry.hit ADD COLUMN more text",
        "TRUNCATE telemetry.hit",
        "DELETE FROM telemetry.recommendation",
        "DELETE FROM telemetry.stream_batch",
        "UPDATE telemetry.schema_migration SET sha256 = ''",
        "CREATE TABLE telemetry.mine ()",
        "SET ROLE marquee_owner",
    ],
)
def test_the_writer_can_do_no_more_than_write(writer: str, statement: str) -> None:
    with pytest.raises(psycopg2.Error, match=r"permission denied|must be owner"):
        query(writer, statement)


def test_what_acts_as_the_owner_takes_no_type_of_the_readers_own(admin: str, reader: str) -> None:
    with closing(psycopg2.connect(reader)) as connection, connection.cursor() as cursor:
        for name in ("timestamptz", "text", "interval", "regclass"):
            cursor.execute(
                f"""
                CREATE FUNCTION pg_temp.spy(pg_catalog.{name}) RETURNS boolean
                LANGUAGE plpgsql AS $$ BEGIN RAISE 'spied as %', current_user; END $$;
                CREATE DOMAIN pg_temp.{name} AS pg_catalog.{name} CHECK (pg_temp.spy(VALUE))
                """
            )
        cursor.execute("SELECT FROM report.freshness(now(), now(), '1 minute')")
        cursor.execute("SELECT FROM report.table_sizes(), report.aggregates()")
    acting = query(
        admin,
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef"
        " AND pronamespace IN ('report'::regnamespace, 'telemetry'::regnamespace)",
    )
    assert acting
    for name, settings in acting:
        assert "search_path=pg_catalog, pg_temp" in settings, name


@pytest.fixture
def passer_by(admin: str) -> str:
    """How another role of the server connects, as other applications in the database do."""
    execute(
        admin,
        "DO $$ BEGIN CREATE ROLE passer_by LOGIN PASSWORD 'p'; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$",
    )
    return make_dsn(admin, user="passer_by", password="p")


@pytest.mark.parametrize("schema", ["report", "telemetry"])
def test_another_role_of_the_server_connects_and_sees_nothing(
    admin: str, passer_by: str, schema: str
) -> None:
    for relation in relations(admin, schema):
        with pytest.raises(DENIED):
            query(passer_by, f"SELECT * FROM {relation}")


@pytest.mark.timescale
@pytest.mark.parametrize("role", [WRITER, READER])
def test_no_role_but_the_administrator_adds_jobs(timescale_server: str, role: str) -> None:
    with fresh_database(timescale_server) as dsn:
        migrate(dsn, passwords=SECRETS)
        with pytest.raises(DENIED, match="add_job"):
            query(as_role(dsn, role), "SELECT public.add_job('pg_catalog.pg_sleep', '1h')")


def test_passwords_come_from_the_environment_and_are_not_shown(
    migrated: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    execute(migrated, "ALTER ROLE marquee_reader PASSWORD NULL")
    monkeypatch.setenv("MARQUEE_DSN", migrated)
    monkeypatch.setenv("MARQUEE_READER_PASSWORD", SECRETS[READER])
    done = CliRunner().invoke(cli, ["telemetry", "migrate"])
    assert done.exit_code == 0
    assert SECRETS[READER] not in done.output + caplog.text
    assert query(as_role(migrated, READER), "SELECT 1") == [(1,)]
