"""Variables and macros, filled in as Grafana does."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from marquee.dashboards.macros import Period, expand
from marquee.errors import ParameterError

PERIOD = Period(
    datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    datetime(2026, 3, 4, 9, 6, 7, 120_000, tzinfo=timezone(timedelta(hours=2))),
)
SINCE, UNTIL = "'2026-03-04T05:06:07Z'", "'2026-03-04T07:06:07.12Z'"


@pytest.mark.parametrize(
    ("sql", "expanded"),
    [
        ("f($__timeFrom(), $__timeTo())", f"f({SINCE}, {UNTIL})"),
        ("WHERE $__timeFilter( at )", f"WHERE at BETWEEN {SINCE} AND {UNTIL}"),
        ("$__timeTo()::timestamptz - INTERVAL '1 h'", f"{UNTIL}::timestamptz - INTERVAL '1 h'"),
    ],
)
def test_macros_become_constants_in_utc(sql: str, expanded: str) -> None:
    assert expand(sql, PERIOD, {}) == expanded


def test_an_argument_ends_at_the_first_closing_bracket() -> None:
    assert expand("$__timeFilter(f(at))", PERIOD, {}) == f"f(at BETWEEN {SINCE} AND {UNTIL})"


@pytest.mark.parametrize(
    ("sql", "value", "expanded"),
    [
        ("IN (${v:sqlstring})", ("a", "it's"), "IN ('a','it''s')"),
        ("ARRAY[${v:sqlstring}]", (), "ARRAY[]"),
        ("= ${v:sqlstring}", "it's", "= 'it''s'"),
        ("'${v}'", "1h", "'1h'"),
        ("'$v'", "it's", "'it''s'"),
        ("IN ($v)", ("a", "b"), "IN ('a','b')"),
    ],
)
def test_values_are_quoted_and_joined(
    sql: str, value: str | tuple[str, ...], expanded: str
) -> None:
    assert expand(sql, PERIOD, {"v": value}) == expanded


def test_what_is_no_variable_stays() -> None:
    assert expand("SELECT $1, ${other}", PERIOD, {"v": "x"}) == "SELECT $1, ${other}"


@pytest.mark.parametrize("sql", ["$__timeSince()", "$now(1)", "${v:csv}"])
def test_what_no_query_of_ours_uses_is_refused(sql: str) -> None:
    with pytest.raises(ParameterError, match="expected"):
        expand(sql, PERIOD, {"v": "x"})
