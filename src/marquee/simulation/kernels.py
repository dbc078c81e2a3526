"""The inner loop of the simulator: many lines into one buffer of bytes."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

HEAD_BYTES = len("2025-01-01T00:00:00,") + len("9223372036854775807,")


@njit(cache=True, nogil=True)
def write_lines(
    at_s: Ints, user: Ints, words: Ints, text: Bytes, text_ends: Ints, out: Bytes
) -> Ints:
    """Write ``TIME,USER,``, three words and a newline for each line; return where each ends.

    ``words`` [n, 3] are positions in a vocabulary: the first, empty, is 0, and word w is
    ``text[text_ends[w - 1]:text_ends[w]]``. A negative ``user`` leaves out time and user. ``out``
    must be long enough.
    """
    ends = np.empty(len(at_s), dtype=np.int64)
    place = 0
    for line in range(len(at_s)):
        if user[line] >= 0:
            place = _write_time(at_s[line], out, place)
            place = _write_number(user[line], out, place)
            out[place] = 44
            place += 1
        for word in words[line]:
            for position in range(text_ends[word - 1] if word else 0, text_ends[word]):
                out[place] = text[position]
                place += 1
        out[place] = 10
        place += 1
        ends[line] = place
    return ends


@njit(cache=True, nogil=True)
def _write_time(at_s: int, out: Bytes, place: int) -> int:
    """Write the time and a comma; seconds are left out when they are 0."""
    days, second = at_s // 86400, at_s % 86400
    # Hinnant, chrono-Compatible Low-Level Date Algorithms: civil_from_days.
    shifted = days + 719468
    era = shifted // 146097
    of_era = shifted - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year = year + era * 400 + (1 if month <= 2 else 0)
    place = _write_two(year // 100, 0, out, place)
    place = _write_two(year % 100, 45, out, place)
    place = _write_two(month, 45, out, place)
    place = _write_two(day, 84, out, place)
    place = _write_two(second // 3600, 58, out, place)
    place = _write_two(second // 60 % 60, 58 if second % 60 else 44, out, place)
    return _write_two(second % 60, 44, out, place) if second % 60 else place


@njit(cache=True, nogil=True)
def _write_two(number: int, after: int, out: Bytes, place: int) -> int:
    """Write two digits and the character ``after`` (none if 0)."""
    out[place] = 48 + number // 10
    out[place + 1] = 48 + number % 10
    if after:
        out[place + 2] = after
        return place + 3
    return place + 2


@njit(cache=True, nogil=True)
def _write_number(number: int, out: Bytes, place: int) -> int:
    digits, rest = 1, number // 10
    while rest:
        digits += 1
        rest //= 10
    for position in range(place + digits - 1, place - 1, -1):
        out[position] = 48 + number % 10
        number //= 10
    return place + digits
