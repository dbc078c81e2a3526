"""Compiled loops over a whole log: ordering rows, collapsing minutes, looking bytes up."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_DIGIT_BITS = 11
_MAX_MINUTES = 10_000


def order_by(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Return the stable order of rows by integer columns, the first one mattering most.

    What ``np.lexsort`` does, by radix: linear in the rows, and quick where values span few bits.
    """
    order = np.arange(len(columns[0]), dtype=np.int64)
    for column in reversed(columns):
        if len(column) == 0:
            continue
        keys = column.astype(np.int64).view(np.uint64) - np.uint64(int(column.min()) % 2**64)
        for shift in range(0, int(keys.max()).bit_length(), _DIGIT_BITS):
            order = _sort_by_digit(keys, order, shift)
    return order


@njit(cache=True, nogil=True)
def _sort_by_digit(keys: Any, order: Any, shift: Any) -> Any:
    """Order stably by the ``_DIGIT_BITS`` bits of the keys from ``shift`` on."""
    mask = np.uint64((1 << _DIGIT_BITS) - 1)
    places = np.zeros((1 << _DIGIT_BITS) + 1, dtype=np.int64)
    for i in range(len(keys)):
        places[np.int64((keys[i] >> np.uint64(shift)) & mask) + 1] += 1
    places = np.cumsum(places)
    ordered = np.empty_like(order)
    for i in range(len(order)):
        digit = np.int64((keys[order[i]] >> np.uint64(shift)) & mask)
        ordered[places[digit]] = order[i]
        places[digit] += 1
    return ordered


@njit(cache=True, nogil=True)
def collapse_minutes(user_id: Any, movie: Any, at: Any, minute: Any, gap: Any) -> Any:
    """Collapse watched minutes, ordered by user, movie and time, into viewings.

    A pause longer than ``gap`` (in the units of ``at``) begins a new one. Return, an entry a
    viewing: its first row, how many distinct minutes were seen, the furthest minute.
    """
    first = np.empty(len(at), dtype=np.int64)
    minutes = np.empty(len(at), dtype=np.int32)
    furthest = np.empty(len(at), dtype=np.int32)
    seen_in = np.full(_MAX_MINUTES, -1, dtype=np.int64)
    viewing = -1
    for i in range(len(at)):
        same = i > 0 and user_id[i] == user_id[i - 1] and movie[i] == movie[i - 1]
        if not same or at[i] - at[i - 1] > gap:
            viewing += 1
            first[viewing], minutes[viewing], furthest[viewing] = i, 0, 0
        if seen_in[minute[i]] != viewing:
            seen_in[minute[i]] = viewing
            minutes[viewing] += 1
        furthest[viewing] = max(furthest[viewing], minute[i])
    return first[: viewing + 1], minutes[: viewing + 1], furthest[: viewing + 1]


@njit(cache=True, nogil=True)
def find_slot(data: Any, begin: Any, end: Any, digest: Any, table: Any) -> Any:
    """Return the slot of some bytes in an open-addressed table, or the empty one they belong in.

    A table is (slots, hashes, spans): a slot holds 0 or 1 + a row of the others, which say where in
    ``data`` the bytes were first seen and what ``digest`` they have.
    """
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
def grow(table: Any) -> Any:
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
