"""The wire vocabulary: what happened on the platform, one line of the log an event.

The grammar is that of the streaming scenario of CMU's course 17-645::

    TS,USER,GET /data/m/MOVIE/MINUTE.mpg
    TS,USER,GET /rate/MOVIE=R
    TS,USER,recommendation request HOST:PORT, status CODE, result: BODY, N ms
    TS,USER,GET /create_account

Marquee's own service adds to its recommendation lines what it knows of them::

    …, N ms, request UUID, variant NAME, model VERSION, personalised yes|no

:func:`parse_line` is the definition of what a line means; every faster reader must agree with it
on every line. :func:`format_event` is its inverse.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from uuid import UUID, uuid5

MAX_LINE_BYTES = 65_536
MAX_USER_ID = 2**63 - 1


class Fault(StrEnum):
    """Why a line is no event: the reason that quarantine gives."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_UTF8 = "not_utf8"
    TORN = "torn"
    FIELDS = "fields"
    TIMESTAMP = "timestamp"
    USER_ID = "user_id"
    REQUEST = "request"
    MOVIE_ID = "movie_id"
    MINUTE = "minute"
    RATING = "rating"
    RESULT = "result"


class MalformedLine(ValueError):
    """A line that is no event, with the reason and the part that is wrong."""

    def __init__(self, fault: Fault, found: str) -> None:
        super().__init__(f"{fault}: {found[:80]!r}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class RatingScale:
    """The ratings that a platform accepts: ``min``, ``min + step``, … up to ``max``."""

    min: float = 1.0
    max: float = 5.0
    step: float = 1.0

    def __contains__(self, value: float) -> bool:
        steps = (value - self.min) / self.step
        return self.min <= value <= self.max and math.isclose(steps, round(steps), abs_tol=1e-9)


@dataclass(frozen=True, slots=True)
class Watch:
    """One minute of a movie was sent to a user."""

    at: datetime
    user_id: int
    movie_id: str
    minute: int


@dataclass(frozen=True, slots=True)
class Rating:
    """A user rated a movie."""

    at: datetime
    user_id: int
    movie_id: str
    value: float


@dataclass(frozen=True, slots=True)
class Served:
    """What only the service itself knows of its answer."""

    request_id: UUID
    variant: str
    model_version: str
    personalised: bool


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The service answered (``status`` 200, ``movie_ids`` in rank order) or failed (``error``)."""

    at: datetime
    user_id: int
    server: str
    status: int
    movie_ids: tuple[str, ...]
    error: str | None
    latency_ms: int
    served: Served | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A user joined (a dialect of 2026)."""

    at: datetime
    user_id: int


Event = Watch | Rating | Recommendation | Account

# Hour 24 is spelt out because later versions of Python read it as midnight.
_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.(?:\d{3}|\d{6}|\d{9}))?)?", re.ASCII
)
_USER_ID = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)
_NOT_IN_MOVIE_ID = re.compile(r"[^-*+._a-z0-9]")
MOVIE_ID = re.compile(r"[-*+._a-z0-9]*(?:%[0-9A-F]{2}[-*+._a-z0-9]*)*\+(?:\d{4})?", re.ASCII)
"""A title in lower case, then ``+year``; a few real ones have no year and end in ``+``."""

_WATCH = re.compile(r"GET /data/m/(.*)/([^/]*)\.mpg")
_MINUTE = re.compile(r"0|[1-9]\d{0,3}", re.ASCII)
_RATE = re.compile(r"GET /rate/(.*)=([^=]*)")
_VALUE = re.compile(r"(?:0|[1-9]\d?)(?:\.\d{1,2})?", re.ASCII)
_ANSWER = re.compile(
    r"recommendation request ([^\s,]+:\d{1,5}), status (\d{1,3}), result: (.*), (\d{1,9}) ms"
    r"(?:, request ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}), variant ([-.\w]{1,64}),"
    r" model ([-.\w]{1,64}), personalised (yes|no))?",
    re.ASCII | re.DOTALL,
)
_REQUEST = UUID("6f1c3f5e-2d64-5c0e-9b0a-6d61727175ee")
"""The namespace of request ids."""
_REQUESTS = (",GET /", ",recommendation request ")


def parse_line(line: bytes, scale: RatingScale = RatingScale()) -> Event:
    """Return the event that a line (without its newline) says, or raise :class:`MalformedLine`.

    A final carriage return is not part of the line. Timestamps are read as UTC; digits beyond
    the microsecond are dropped.
    """
    text = _decode(line.removesuffix(b"\r"))
    fields = text.split(",", 2)
    if len(fields) < 3:
        raise MalformedLine(Fault.FIELDS, text)
    if sum(map(text.count, _REQUESTS)) > 1:
        raise MalformedLine(Fault.TORN, text)
    at, user_id, request = _timestamp(fields[0]), _user_id(fields[1]), fields[2]
    if match := _WATCH.fullmatch(request):
        return Watch(at, user_id, _movie_id(match[1]), _minute(match[2]))
    if match := _RATE.fullmatch(request):
        return Rating(at, user_id, _movie_id(match[1]), _rating(match[2], scale))
    if match := _ANSWER.fullmatch(request):
        return _recommendation(at, user_id, match)
    if request == "GET /create_account":
        return Account(at, user_id)
    raise MalformedLine(Fault.REQUEST, request)


def _decode(line: bytes) -> str:
    if not line:
        raise MalformedLine(Fault.EMPTY, "")
    if len(line) > MAX_LINE_BYTES:
        raise MalformedLine(Fault.TOO_LONG, f"{len(line)} bytes")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise MalformedLine(Fault.NOT_UTF8, repr(line[:80])) from None


def _timestamp(text: str) -> datetime:
    if _TIMESTAMP.fullmatch(text):
        try:
            return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise MalformedLine(Fault.TIMESTAMP, text)


def is_user_id(text: str) -> bool:
    """Say whether a text is a user id as the log has them: a whole number without a sign."""
    return _USER_ID.fullmatch(text) is not None and int(text) <= MAX_USER_ID


def _user_id(text: str) -> int:
    if is_user_id(text):
        return int(text)
    raise MalformedLine(Fault.USER_ID, text)


def _movie_id(text: str) -> str:
    if MOVIE_ID.fullmatch(text):
        return text
    raise MalformedLine(Fault.MOVIE_ID, text)


def _minute(text: str) -> int:
    if _MINUTE.fullmatch(text):
        return int(text)
    raise MalformedLine(Fault.MINUTE, text)


def _rating(text: str, scale: RatingScale) -> float:
    if _VALUE.fullmatch(text) and float(text) in scale:
        return float(text)
    raise MalformedLine(Fault.RATING, text)


def _recommendation(at: datetime, user_id: int, match: re.Match[str]) -> Recommendation:
    server, status, body, latency = match[1], int(match[2]), match[3], int(match[4])
    served = Served(UUID(match[5]), match[6], match[7], match[8] == "yes") if match[5] else None
    if status != 200:
        return Recommendation(at, user_id, server, status, (), body, latency, served)
    movie_ids = tuple(item.removeprefix(" ") for item in body.split(",")) if body else ()
    if not all(map(_is_movie_id, movie_ids)):
        raise MalformedLine(Fault.RESULT, body)
    return Recommendation(at, user_id, server, status, movie_ids, None, latency, served)


@lru_cache(maxsize=1 << 15)
def _is_movie_id(text: str) -> bool:
    """Match an id of an answer; answers repeat the catalogue, so looking it up is much faster."""
    return MOVIE_ID.fullmatch(text) is not None


def make_movie_id(title: str, year: int | None) -> str:
    """Return the platform's id of a movie: ``the+dark+knight+2008``; without a year, a final +.

    Lower case, a space becomes ``+`` and a comma ``_``; what else the grammar lacks is left out.
    """
    plain = title.lower().replace(" ", "+").replace(",", "_")
    return f"{_NOT_IN_MOVIE_ID.sub('', plain)}+{'' if year is None else f'{year:04}'}"


def format_event(event: Event, separator: str = ", ") -> str:
    """Return the line of an event, without a newline: the inverse of :func:`parse_line`.

    ``separator`` stands between the movies of an answer: ``", "``, or ``","`` in some dialects.
    """
    head = f"{format_timestamp(event.at)},{event.user_id},"
    match event:
        case Watch():
            return f"{head}GET /data/m/{event.movie_id}/{event.minute}.mpg"
        case Rating():
            return f"{head}GET /rate/{event.movie_id}={event.value:g}"
        case Recommendation():
            body = separator.join(event.movie_ids) if event.error is None else event.error
            return (
                f"{head}recommendation request {event.server}, status {event.status}, "
                f"result: {body}, {event.latency_ms} ms{_tail(event.served)}"
            )
        case Account():
            return f"{head}GET /create_account"


def _tail(served: Served | None) -> str:
    if served is None:
        return ""
    return (
        f", request {served.request_id}, variant {served.variant}, model {served.model_version}, "
        f"personalised {'yes' if served.personalised else 'no'}"
    )


def request_id(event: Recommendation) -> UUID:
    """Return the id that the service gave, or the UUIDv5 of the line: the same on every delivery.

    Two equal lines are one request, delivered twice.
    """
    return event.served.request_id if event.served else uuid5(_REQUEST, format_event(event))


def format_timestamp(at: datetime) -> str:
    """Write a time as the platform does: no zone, no ``:00`` seconds, 0, 3 or 6 decimals."""
    at = at.astimezone(UTC).replace(tzinfo=None)
    if at.microsecond % 1000:
        return at.isoformat(timespec="microseconds")
    if at.microsecond:
        return at.isoformat(timespec="milliseconds")
    return at.isoformat(timespec="seconds" if at.second else "minutes")
