"""Why a line of ratings is none: the true reason, in the words of the log's grammar."""

import re

from marquee.events import Fault
from marquee.ingest.metadata import Rejected
from marquee.ingest.movielens.layouts import Layout

FIELDS = (rb"\d{1,18}", rb"\d{1,18}", rb"\d{1,2}(?:\.\d{1,2})?", rb"\d{1,18}")
"""User, movie, rating, time."""
_FAULTS = (Fault.USER_ID, Fault.MOVIE_ID, Fault.RATING, Fault.TIMESTAMP)
_RATING = _FAULTS.index(Fault.RATING)


def fault_of(line: bytes, separator: str) -> Fault | None:
    """Return what is wrong with the spelling of a line without its newline, None where nothing."""
    if not line:
        return Fault.EMPTY
    try:
        line.decode()
    except UnicodeDecodeError:
        return Fault.NOT_UTF8
    fields = line.split(separator.encode())
    if len(fields) != len(FIELDS):
        return Fault.FIELDS
    wrong = (
        fault
        for fault, pattern, field in zip(_FAULTS, FIELDS, fields, strict=True)
        if not re.fullmatch(pattern, field)
    )
    return next(wrong, None)


def reject(line: bytes, number: int, fault: Fault, layout: Layout) -> Rejected:
    """Return a line, without its newline, as a rejected event."""
    text = line.decode(errors="backslashreplace")
    found = text.split(layout.separator)[_RATING] if fault == Fault.RATING else None
    return Rejected(layout.ratings, number, str(fault), text, found)
