"""Which servers are old enough."""

import pytest

from marquee.errors import DatabaseError
from marquee.telemetry.engine import expect_version


@pytest.mark.parametrize(("number", "name"), [(170_011, "17.11"), (150_000, "15.0")])
def test_an_older_server_is_refused_in_one_line(number: int, name: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        expect_version(number)
    assert str(refused.value) == f"found PostgreSQL {name}; expected PostgreSQL 18 or later"


@pytest.mark.parametrize("number", [180_000, 180_004, 190_000])
def test_a_newer_server_is_taken(number: int) -> None:
    expect_version(number)
