"""Databases: one on either engine, and one that many tests share; and what they are made of."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...servers import execute, fresh_database, with_schema
from .stored import empty


@pytest.fixture(params=["migrated", pytest.param("timescale", marks=pytest.mark.timescale)])
def either(request: pytest.FixtureRequest) -> str:
    """A migrated database whose aggregates nothing but the test refreshes."""
    dsn: str = request.getfixturevalue(request.param)
    if request.param == "timescale":
        execute(dsn, "SELECT _timescaledb_functions.stop_background_workers()")
    return dsn


@pytest.fixture(scope="session")
def shared_postgres(postgres: str) -> Iterator[str]:
    with fresh_database(postgres) as dsn:
        yield with_schema(dsn)


@pytest.fixture(scope="session")
def shared_timescale(timescale_server: str) -> Iterator[str]:
    with fresh_database(timescale_server) as dsn:
        yield with_schema(dsn)


@pytest.fixture(
    params=["shared_postgres", pytest.param("shared_timescale", marks=pytest.mark.timescale)]
)
def store(request: pytest.FixtureRequest) -> str:
    """A migrated database without events, sooner than a fresh one."""
    dsn: str = request.getfixturevalue(request.param)
    empty(dsn)
    return dsn


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A copy of ``monitoring/``, to add to."""
    return Path(shutil.copytree(root / "monitoring", tmp_path / "monitoring"))
