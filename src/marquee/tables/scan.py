"""The fast path of the bulk parser: well-formed watch and rating lines, straight from bytes.

It accepts nothing that :func:`marquee.events.parse_line` rejects, and reads it alike. What it does
not recognise (answers, percent-encoded movies, damage) it marks ``SLOW`` and leaves to that parser;
so it can be strict and simple.

It is one file because numba's cache does not notice a change in a function of another file.
"""

from typing import Any

import numpy as np
from numba import njit

SLOW, WATCH, RATING = 0, 1, 2

_REACH = 64
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_IN_MOVIE_ID = np.isin(np.arange(256), list(b"*+-._0123456789abcdefghijklmnopqrstuvwxyz"))
_WATCH_PREFIX = np.frombuffer(b"GET /data/m/", dtype=np.uint8)
_RATE_PREFIX = np.frombuffer(b"GET /rate/", dtype=np.uint8)
_MPG = np.frombuffer(b".mpg", dtype=np.uint8)
_LONGEST_MOVIE_ID = 4096
_NOT_A_NUMBER = 10_000


@njit(cache=True, nogil=True)
def scan_lines(data: Any, accepted: Any, columns: Any) -> Any:
    """Fill ``columns``, an entry a line; return how many movies, and where each was first seen.

    ``data`` uint8, the bytes of the lines. ``accepted`` bool [10000]: which ratings, in hundredths
    of a star, are on the scale. ``columns``, a tuple: kind int8 [lines], zeros; at int64
    (microseconds since 1970), user_id int64, movie int32 (a row of the places), value int32 (the
    minute of a watch, hundredths of a star of a rating), all meaningless where kind is ``SLOW``;
    starts int64 [lines + 1]. The places, int64 [movies or more, 2], are where ids begin and end.
    """
    kind, at, user_id, movie, value, starts = columns
    size = len(data)
    last = _last_sure_start(data)
    table = (
        np.zeros(1 << 12, dtype=np.int32),
        np.empty(1 << 11, dtype=np.uint64),
        np.empty((1 << 11, 2), dtype=np.int64),
    )
    movies, start = 0, np.int64(0)
    for line in range(len(kind)):
        starts[line] = start
        if start <= last:
            kind[line], at[line], user_id[line], begin, end, digest, value[line], stop = _line(
                data, start, accepted
            )
        if kind[line] == SLOW:
            start = _next_line(data, start)
            continue
        if movies == len(table[1]):
            table = _grown(table)
        slot = _slot(data, begin, end, digest, table)
        slots, hashes, spans = table
        if slots[slot] == 0:
            spans[movies, 0], spans[movies, 1], hashes[movies] = begin, end, digest
            movies += 1
            slots[slot] = movies
        movie[line] = slots[slot] - 1
        start = stop
    starts[len(kind)] = size if size > 0 and data[size - 1] == 10 else size + 1
    return movies, table[2]


@njit(cache=True, nogil=True)
def _last_sure_start(data: Any) -> Any:
    """Return the last place from which a line can be scanned without looking beyond the data.

    What is not read byte by byte up to its newline is the timestamp, within ``_REACH``.
    """
    end = len(data)
    while end > 0 and data[end - 1] != 10:
        end -= 1
    return min(end - 1, len(data) - _REACH)


@njit(cache=True, nogil=True)
def _line(data: Any, start: Any, accepted: Any) -> Any:
    """Return kind, at, user id, begin, end and hash of the movie id, value, start of the next."""
    slow = (SLOW, 0, 0, 0, 0, np.uint64(0), 0, 0)
    at, i = _timestamp(data, start)
    user_id, i = _user_id(data, i) if i > 0 else (-1, i)
    if user_id < 0:
        return slow
    if _holds(data, i, _WATCH_PREFIX):
        what, begin = WATCH, i + len(_WATCH_PREFIX)
        end, digest = _movie_id(data, begin)
        value, i = _minute(data, end)
    elif _holds(data, i, _RATE_PREFIX):
        what, begin = RATING, i + len(_RATE_PREFIX)
        end, digest = _movie_id(data, begin)
        value, i = _rating(data, end, accepted)
    else:
        return slow
    stop = _line_end(data, i)
    if value < 0 or stop < 0 or not _ends_as_movie_id(data, begin, end):
        return slow
    return what, at, user_id, begin, end, digest, value, stop


@njit(cache=True, nogil=True)
def _timestamp(data: Any, i: Any) -> Any:
    """Return microseconds since 1970 and the place of the user id; -1 where it is no timestamp."""
    nowhere = (0, -1)
    year = _digits(data, i, 2) * 100 + _digits(data, i + 2, 2)
    month, day = _digits(data, i + 5, 2), _digits(data, i + 8, 2)
    hour, minute = _digits(data, i + 11, 2), _digits(data, i + 14, 2)
    second, micros, end = 0, 0, i + 16
    if data[end] == 58:
        second, end = _digits(data, i + 17, 2), i + 19
        if data[end] == 46:
            micros, end = _fraction(data, end + 1)
    marks = data[i + 4] == 45 and data[i + 7] == 45 and data[i + 10] == 84 and data[i + 13] == 58
    if not marks or data[end] != 44 or hour > 23 or minute > 59:
        return nowhere
    if second > 59 or micros < 0:
        return nowhere
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month]):
        return nowhere
    if month == 2 and day == 29 and (year % 4 != 0 or (year % 100 == 0 and year % 400 != 0)):
        return nowhere
    seconds = _days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    return seconds * 1_000_000 + micros, end + 1


@njit(cache=True, nogil=True)
def _fraction(data: Any, i: Any) -> Any:
    """Return microseconds of 3, 6 or 9 decimals, of which the last 3 are dropped; -1 of others."""
    milli, micro, nano, end = _digits(data, i, 3), 0, 0, i + 3
    if data[end] != 44:
        micro, end = _digits(data, end, 3), end + 3
        if data[end] != 44:
            nano, end = _digits(data, end, 3), end + 3
    return (milli * 1000 + micro if max(milli, micro, nano) <= 999 else -1), end


@njit(cache=True, nogil=True)
def _days(year: Any, month: Any, day: Any) -> Any:
    """Return days since 1970-01-01: Hinnant's ``days_from_civil``, where years begin in March."""
    year -= month <= 2
    day_of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year - 719_468


@njit(cache=True, nogil=True)
def _digits(data: Any, i: Any, count: Any) -> Any:
    """Return the number that ``count`` (up to 4) digits say; too large where one is no digit."""
    number = 0
    for j in range(i, i + count):
        digit = int(data[j]) - 48
        number = number * 10 + digit if 0 <= digit <= 9 else _NOT_A_NUMBER
    return number


@njit(cache=True, nogil=True)
def _user_id(data: Any, i: Any) -> Any:
    """Return the user id and the place after its comma; -1 where there is none up to 2^63 - 1."""
    begin, number = i, np.uint64(0)
    while 48 <= data[i] <= 57 and i - begin < 19:
        number = number * np.uint64(10) + np.uint64(data[i] - 48)
        i += 1
    if i == begin or data[i] != 44 or (data[begin] == 48 and i > begin + 1):
        return -1, i
    return np.int64(number), i + 1


@njit(cache=True, nogil=True)
def _holds(data: Any, i: Any, expected: Any) -> Any:
    j = 0
    while j < len(expected) and data[i + j] == expected[j]:
        j += 1
    return j == len(expected)


@njit(cache=True, nogil=True)
def _movie_id(data: Any, i: Any) -> Any:
    """Return where the bytes of a movie id end, and their FNV-1a hash."""
    digest = np.uint64(0xCBF29CE484222325)
    while _IN_MOVIE_ID[data[i]]:
        digest = (digest ^ np.uint64(data[i])) * np.uint64(0x100000001B3)
        i += 1
    return i, digest


@njit(cache=True, nogil=True)
def _ends_as_movie_id(data: Any, begin: Any, end: Any) -> Any:
    """Say whether it ends in ``+`` or ``+year``."""
    if not begin < end <= begin + _LONGEST_MOVIE_ID:
        return False
    return data[end - 1] == 43 or (
        end - 5 >= begin and data[end - 5] == 43 and _digits(data, end - 4, 4) <= 9999
    )


@njit(cache=True, nogil=True)
def _minute(data: Any, i: Any) -> Any:
    """Read ``/MINUTE.mpg``: the minute and the place after it, -1 where it is something else."""
    begin, number = i + 1, 0
    i = begin
    while 48 <= data[i] <= 57 and i - begin < 4:
        number = number * 10 + int(data[i]) - 48
        i += 1
    leading_zero = data[begin] == 48 and i > begin + 1
    if data[begin - 1] != 47 or i == begin or leading_zero or not _holds(data, i, _MPG):
        return -1, i
    return number, i + 4


@njit(cache=True, nogil=True)
def _rating(data: Any, i: Any, accepted: Any) -> Any:
    """Read ``=R``, ``=R.d`` or ``=R.dd``: hundredths of a star, -1 where it is something else."""
    if data[i] != 61 or not 48 <= data[i + 1] <= 57:
        return -1, i
    number, i = int(data[i + 1]) - 48, i + 2
    if number > 0 and 48 <= data[i] <= 57:
        number, i = number * 10 + int(data[i]) - 48, i + 1
    number *= 100
    if data[i] == 46:
        tenths = _digits(data, i + 1, 1)
        if tenths > 9:
            return -1, i
        number, i = number + tenths * 10, i + 2
        if 48 <= data[i] <= 57:
            number, i = number + int(data[i]) - 48, i + 1
    return (number if accepted[number] else -1), i


@njit(cache=True, nogil=True)
def _line_end(data: Any, i: Any) -> Any:
    """Return where the next line starts if this one ends at ``i``, else -1."""
    if data[i] == 13:
        i += 1
    return i + 1 if data[i] == 10 else -1


@njit(cache=True, nogil=True)
def _next_line(data: Any, i: Any) -> Any:
    while i < len(data) and data[i] != 10:
        i += 1
    return i + 1


@njit(cache=True, nogil=True)
def _slot(data: Any, begin: Any, end: Any, digest: Any, table: Any) -> Any:
    """Return the slot of a movie id in the open-addressed table, or the empty one it belongs in."""
    slots, hashes, spans = table
    slot = _home(digest, slots)
    while slots[slot] != 0:
        found = slots[slot] - 1
        if hashes[found] == digest and _same(data, begin, end, spans[found, 0], spans[found, 1]):
            break
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@njit(cache=True, nogil=True)
def _home(digest: Any, slots: Any) -> Any:
    return np.int64(digest ^ (digest >> np.uint64(32))) & (len(slots) - 1)


@njit(cache=True, nogil=True)
def _same(data: Any, begin: Any, end: Any, other: Any, other_end: Any) -> Any:
    j = 0
    while begin + j < end and data[begin + j] == data[other + j]:
        j += 1
    return begin + j == end and other + j == other_end


@njit(cache=True, nogil=True)
def _grown(table: Any) -> Any:
    """Return a table of twice the size; one is never more than half full."""
    old_slots, old_hashes, old_spans = table
    movies = len(old_hashes)
    slots = np.zeros(2 * len(old_slots), dtype=np.int32)
    for movie in range(movies):
        slot = _home(old_hashes[movie], slots)
        while slots[slot] != 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = movie + 1
    hashes = np.empty(2 * movies, dtype=np.uint64)
    spans = np.empty((2 * movies, 2), dtype=np.int64)
    for movie in range(movies):  # slices would take four times as long to compile
        hashes[movie] = old_hashes[movie]
        spans[movie, 0], spans[movie, 1] = old_spans[movie, 0], old_spans[movie, 1]
    return slots, hashes, spans
