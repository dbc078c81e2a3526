"""A database on either engine."""

import pytest

from ...servers import execute


@pytest.fixture(params=["migrated", pytest.param("timescale", marks=pytest.mark.timescale)])
def either(request: pytest.FixtureRequest) -> str:
    """A migrated database whose aggregates nothing but the test refreshes."""
    dsn: str = request.getfixturevalue(request.param)
    if request.param == "timescale":
        execute(dsn, "SELECT _timescaledb_functions.stop_background_workers()")
    return dsn
