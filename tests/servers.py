"""Real servers for tests: one of each a session (and xdist worker), a part of it for each test.

``MARQUEE_TEST_KAFKA`` and ``MARQUEE_TEST_DSN`` (a superuser's) name servers that run already.
Where none can be started, what needs one is skipped, and fails under ``CI=true``.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from typing import TypeVar
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import make_dsn
from psycopg2.sql import SQL, Identifier

from marquee.dev.database import Database, start_database
from marquee.dev.kafka import Kafka, start_kafka
from marquee.errors import BrokerError, DatabaseError

# What takes minutes in production: a test sees records compacted and expired within a second.
KAFKA_SETTINGS = {
    "log.cleaner.backoff.ms": "200",
    "log.initial.task.delay.ms": "200",
    "log.retention.check.interval.ms": "500",
    "log.segment.delete.delay.ms": "200",
}
# A killed server loses nothing by it, only a machine that stops would.
POSTGRES_SETTINGS = {"fsync": "off", "full_page_writes": "off"}

MakeTopic = Callable[..., str]
S = TypeVar("S")


@contextmanager
def or_skip(server: AbstractContextManager[S]) -> Iterator[S]:
    """The server; a skip, or a failure, where it does not come up."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(server)
        except (BrokerError, DatabaseError) as error:
            missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            missing(f"no server to test on: {error}")
        yield running


def started_kafka() -> AbstractContextManager[Kafka]:
    return or_skip(start_kafka(settings=KAFKA_SETTINGS))


def started_database() -> AbstractContextManager[Database]:
    return or_skip(start_database(settings=POSTGRES_SETTINGS))


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a broker."""
    if given := os.environ.get("MARQUEE_TEST_KAFKA"):
        yield given
    else:
        with started_kafka() as broker:
            yield broker.address


@pytest.fixture
def own_kafka() -> Iterator[Kafka]:
    """A broker of the test's own, to be stopped and started."""
    with started_kafka() as broker:
        yield broker


@pytest.fixture
def topic(kafka: str) -> Iterator[MakeTopic]:
    """Makes topics, which go with the test: ``topic(partitions=1, settings=None)`` is a name."""
    made: list[str] = []

    def make(partitions: int = 1, settings: Mapping[str, str] | None = None) -> str:
        made.append(f"test-{uuid4()}")
        make_topic(kafka, made[-1], partitions, settings)
        return made[-1]

    yield make
    if made:
        from kafka import KafkaAdminClient

        with KafkaAdminClient(bootstrap_servers=kafka) as admin:
            admin.delete_topics(made, raise_errors=False)


def make_topic(
    address: str, name: str, partitions: int = 1, settings: Mapping[str, str] | None = None
) -> None:
    """Make a topic that can be written to at once."""
    from kafka import KafkaAdminClient

    wanted = {
        "num_partitions": partitions,
        "replication_factor": 1,
        "configs": dict(settings or {}),
    }
    with KafkaAdminClient(bootstrap_servers=address) as admin:
        admin.create_topics({name: wanted}, wait_for_metadata=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """How the superuser of a PostgreSQL connects."""
    if given := os.environ.get("MARQUEE_TEST_DSN"):
        yield given
    else:
        with started_database() as server:
            yield server.dsn


@pytest.fixture
def own_postgres() -> Iterator[Database]:
    """A PostgreSQL of the test's own, to be stopped and started."""
    with started_database() as server:
        yield server


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """A fresh, empty database."""
    with fresh_database(postgres) as dsn:
        yield dsn


@pytest.fixture
def migrated(database: str) -> str:
    """A fresh database with Marquee's schema."""
    return with_schema(database)


@pytest.fixture(scope="session")
def timescale_server() -> str:
    """How the superuser connects to the TimescaleDB that MARQUEE_TEST_TIMESCALE_DSN names."""
    dsn = os.environ.get("MARQUEE_TEST_TIMESCALE_DSN")
    if not dsn:
        pytest.skip("MARQUEE_TEST_TIMESCALE_DSN names no TimescaleDB (a superuser's DSN)")
    return dsn


@pytest.fixture
def timescale_database(timescale_server: str) -> Iterator[str]:
    """A fresh, empty database on TimescaleDB."""
    with fresh_database(timescale_server) as dsn:
        yield dsn


@pytest.fixture
def timescale(timescale_database: str) -> str:
    """A fresh database with Marquee's schema, on TimescaleDB."""
    return with_schema(timescale_database)


def with_schema(dsn: str) -> str:
    from marquee.telemetry.migrate import migrate

    migrate(dsn)
    return dsn


@contextmanager
def fresh_database(admin: str) -> Iterator[str]:
    """A database that is there for as long as the block."""
    name = f"test_{uuid4().hex}"
    execute(admin, SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield make_dsn(admin, dbname=name)
    finally:
        execute(admin, SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def execute(dsn: str, statement: SQL | str) -> None:
    """Run a statement outside of any transaction."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
