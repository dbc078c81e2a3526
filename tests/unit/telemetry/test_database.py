import pytest

from marquee.errors import DatabaseError
from marquee.telemetry.database import connect, describe


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "not an address",
        "kafka://user:hidden@host/name",
        "postgresql://user:hid/den@127.0.0.1:5432/name",
        "postgresql://user:hid@den@127.0.0.1:5432/name",
        "postgresql://user:hidden%zz@127.0.0.1/name",
        "postgresql://user:hidden@127.0.0.1:port/name",
        "postgresql://user:hidden@127.0.0.1/name?hidden=1",
        "postgresql://user:hidden@127.0.0.1:1/name",
        "postgresql://user:hidden@nowhere.invalid/name",
        "host=127.0.0.1 port=1 dbname=name user=user password=hidden",
    ],
)
def test_an_address_that_leads_nowhere_is_one_line_without_its_password(dsn: str) -> None:
    with pytest.raises(DatabaseError) as raised:
        connect(dsn)
    said = str(raised.value)
    assert said.strip()
    assert "\n" not in said
    assert "hid" not in said
    assert "den@" not in said


def test_an_address_is_described_by_its_parts() -> None:
    assert (
        describe("postgresql://someone:hidden@db.example:5433/telemetry")
        == "database telemetry at db.example:5433 as someone"
    )


def test_what_an_address_leaves_open_is_described_too() -> None:
    assert describe("dbname=telemetry") == (
        "database telemetry at this machine:5432 as the user of this process"
    )
