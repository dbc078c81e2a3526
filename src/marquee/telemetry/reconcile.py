"""Hits computed anew from the raw rows, by other means than the writer's, and compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from marquee.errors import ParameterError
from marquee.telemetry.database import Connection, Cursor
from marquee.telemetry.interactions import SLOT
from marquee.telemetry.offsets import lock, take_lock
from marquee.telemetry.sql import statements
from marquee.telemetry.times import interval

_CHUNK = timedelta(hours=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """The recommendations served from ``begin`` on and before ``end``."""

    begin: datetime = _FIRST
    end: datetime = _LAST


@dataclass(frozen=True, slots=True)
class Difference:
    """A recommendation whose hit is not what the raw rows say: None where there is no hit."""

    request_id: str
    served_at: datetime
    stored: dict[str, Any] | None
    expected: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A part of a period, at most an hour, with how many recommendations it has."""

    period: Period
    recommendations: int
    differences: list[Difference]


def reconcile(
    connection: Connection, period: Period, *, hit_window: timedelta, repair: bool = False
) -> Iterator[Compared]:
    """Compare the hits of a period, hour by hour, and yield each hour that has any raw rows.

    Each hour is a transaction that holds the writers' lock, so that none is at work in between;
    with ``repair`` it also makes the stored hits what they should be. What retention has begun to
    drop is left out. Hits made with another window than ``hit_window`` are a
    :class:`~marquee.errors.DatabaseError`; see :func:`adopt_window`. A period that ends before it
    begins is a :class:`~marquee.errors.ParameterError`.
    """
    if period.begin >= period.end:
        raise ParameterError(
            f"hits from {period.begin} to {period.end}: expected a period to begin before its end"
        )
    begin = period.begin
    while True:
        with connection, connection.cursor() as cursor:
            lock(cursor, hit_window)
            part = _next_part(cursor, Period(begin, period.end))
            compared = _compare(cursor, part, hit_window, repair) if part else None
        if compared is None:
            return
        yield compared
        begin = compared.period.end


def adopt_window(connection: Connection, hit_window: timedelta) -> bool:
    """Make the database's window another one; say whether it was.

    The hits of all raw rows must be repaired after it. Until they are, writers of the new window
    make theirs right, and writers of the old one stop.
    """
    with connection, connection.cursor() as cursor:
        take_lock(cursor)
        cursor.execute(
            "UPDATE telemetry.attribution SET hit_window = %(window)s "
            "WHERE hit_window <> %(window)s::interval",
            {"window": interval(hit_window)},
        )
        return cursor.rowcount > 0


def _next_part(cursor: Cursor, period: Period) -> Period | None:
    """Return the next hour that has anything to compare, within a period."""
    bounds = {"begin": period.begin, "end": period.end, "slot": interval(SLOT)}
    cursor.execute(statements("next_part"), bounds)
    found = cursor.fetchone()
    if found is None or found[0] is None:
        return None
    first: datetime = found[0]
    hour = first.replace(minute=0, second=0, microsecond=0)
    return Period(max(period.begin, hour), min(period.end, hour + _CHUNK))


def _compare(cursor: Cursor, period: Period, hit_window: timedelta, repair: bool) -> Compared:
    bounds = {"begin": period.begin, "end": period.end}
    cursor.execute(
        statements("differences"),
        bounds | {"window": interval(hit_window), "slot": interval(SLOT)},
    )
    cursor.execute(
        "SELECT request_id, served_at, stored, expected FROM pg_temp.difference "
        "ORDER BY served_at, request_id"
    )
    differences = [Difference(*row) for row in cursor.fetchall()]
    if repair and differences:
        cursor.execute(statements("repair"), bounds)
    cursor.execute(
        "SELECT count(*) FROM telemetry.recommendation "
        "WHERE served_at >= %(begin)s AND served_at < %(end)s",
        bounds,
    )
    return Compared(period, cursor.fetchall()[0][0], differences)
