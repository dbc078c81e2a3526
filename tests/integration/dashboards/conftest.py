"""A healthy day, on either engine, as the reader sees it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn

from marquee.dashboards.macros import Period

from ...seed import seed_database
from ...servers import execute, fresh_database, with_schema

END = datetime.now(UTC).replace(second=0, microsecond=0)
TIMEOUT_MS = 20_000


@pytest.fixture(scope="session")
def period() -> Period:
    """The day."""
    return Period(END - timedelta(days=1), END)


@pytest.fixture(scope="session")
def day(postgres: str) -> Iterator[str]:
    """How the role that Grafana has connects to a day on plain PostgreSQL."""
    with fresh_database(postgres) as dsn:
        seed_database(with_schema(dsn), end=END)
        yield as_reader(dsn)


@pytest.fixture(scope="session")
def timescale_day(timescale_server: str) -> Iterator[str]:
    """The same on TimescaleDB."""
    with fresh_database(timescale_server) as dsn:
        with_schema(dsn)
        execute(dsn, "SELECT _timescaledb_functions.stop_background_workers()")
        seed_database(dsn, end=END)
        yield as_reader(dsn)


def as_reader(dsn: str) -> str:
    """The address with the reader's rights, as a server's superuser knows no password of its."""
    settings = {"role": "marquee_reader", "statement_timeout": TIMEOUT_MS, "timezone": "UTC"}
    return make_dsn(dsn, options=" ".join(f"-c {k}={v}" for k, v in settings.items()))


@pytest.fixture(
    scope="module",
    params=["postgres", pytest.param("timescale_server", marks=pytest.mark.timescale)],
)
def owner(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection to a migrated database, for tests that leave no rows."""
    with (
        fresh_database(request.getfixturevalue(request.param)) as dsn,
        closing(psycopg2.connect(with_schema(dsn))) as connection,
    ):
        yield connection


@pytest.fixture
def views(owner: Connection) -> Iterator[Connection]:
    """The same, whose rows go with the test."""
    yield owner
    owner.rollback()
