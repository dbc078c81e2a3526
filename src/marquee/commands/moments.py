"""Points in time as options: a time, or how long ago."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(_: Any, __: Any, value: str | None) -> datetime | timedelta | None:
    """Read a time, or how long ago: a timedelta, until it is known before what."""
    if value is None:
        return None
    try:
        if match := re.fullmatch(r"(\d{1,5})([mhd])", value, re.ASCII):
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{value!r}: expected 30m, 24h, 7d or a time in ISO 8601"
        ) from None


def before(now: datetime, value: datetime | timedelta | None) -> datetime | None:
    """Return the time that an option means."""
    return now - value if isinstance(value, timedelta) else value
