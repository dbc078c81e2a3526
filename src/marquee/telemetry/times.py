"""Times as whole microseconds since 1970, and as PostgreSQL reads them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Return an aware time in microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def instant(at_us: int) -> str:
    """Return the constant of a time; one before the year 1 is ``-infinity``."""
    if at_us < _FIRST_US:
        return "-infinity"
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat()


def interval(duration: timedelta) -> str:
    """Return the constant of a duration, in seconds: a day is not 24 hours in each time zone."""
    return f"{duration.total_seconds():f} seconds"
