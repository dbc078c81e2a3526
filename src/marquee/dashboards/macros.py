"""Queries as Grafana sends them to PostgreSQL: its variables, then its macros, filled in.

As in Grafana both are found by regular expressions, in the whole text: an argument ends at the
first closing bracket, and whatever looks like a macro must be one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from marquee.errors import ParameterError

Values = Mapping[str, str | Sequence[str]]
"""What is chosen of each variable; several values, of which there may be none, or a single one."""

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::([^}]+))?\}")
_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Period:
    """What the user looks at, both ends included; times are aware."""

    since: datetime
    until: datetime


def expand(sql: str, period: Period, values: Values) -> str:
    """Fill in what stands for the period and for variables.

    A variable without a value stays as it is, as it may be no variable. A macro or a format that
    Marquee's queries do not use is a :class:`~marquee.errors.ParameterError`.
    """
    filled = _VARIABLE.sub(lambda found: _value(found, values), sql)
    return _MACRO.sub(lambda found: _macro(found, period), filled)


def _value(found: re.Match[str], values: Values) -> str:
    name, form = found[1] or found[2], found[3]
    if name not in values:
        return found[0]
    value = values[name]
    if form not in (None, "sqlstring"):
        raise ParameterError(f"{found[0]}: found the format {form}, expected sqlstring or none")
    if isinstance(value, str):
        return _quoted(value) if form else value.replace("'", "''")
    return ",".join(map(_quoted, value))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _macro(found: re.Match[str], period: Period) -> str:
    name, argument = found[1], found[2].split(",")[0].strip(" ")
    if name not in _MACROS:
        raise ParameterError(f"{found[0]}: found no such macro, expected {', '.join(_MACROS)}")
    return _MACROS[name](argument, period)


def _moment(at: datetime) -> str:
    """Spell a time as Go's RFC3339Nano does: no zeros at the end of a fraction."""
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond:06}".rstrip("0").rstrip(".")
    return f"'{at:%Y-%m-%dT%H:%M:%S}{fraction}Z'"


_MACROS: Mapping[str, Callable[[str, Period], str]] = {
    "__timeFrom": lambda _, period: _moment(period.since),
    "__timeTo": lambda _, period: _moment(period.until),
    "__timeFilter": lambda column, period: (
        f"{column} BETWEEN {_moment(period.since)} AND {_moment(period.until)}"
    ),
}
