"""Compiled loops over the columns of a whole log."""

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
