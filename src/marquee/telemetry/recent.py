"""What a connection has stored lately, so that it need not be looked up line by line."""

import numpy as np
from numpy.typing import NDArray

from marquee.telemetry.interactions import Interactions

_BITS = 19
_ENTRY = np.dtype([(name, np.int64) for name in ("user_id", "movie", "slot_at", "at")])
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads keys that are alike


class Recent:
    """Slots of which the database has a minute, in a table where a new one may displace an old one.

    A viewer sends a line a minute, of which the first of a slot is all that counts: most lines are
    no news. Whatever it does not know, the database is asked.
    """

    def __init__(self) -> None:
        self._entries = np.zeros(1 << _BITS, dtype=_ENTRY)
        self._entries["at"] = np.iinfo(np.int64).max  # no minute is later

    def covers(self, rows: Interactions) -> NDArray[np.bool_]:
        """Say of each row whether the database has an earlier minute of its slot."""
        asked = _entries(rows)
        known = self._entries[_places(asked)]
        covered: NDArray[np.bool_] = ~rows.is_rating & (known["at"] < asked["at"])
        for name in ("user_id", "movie", "slot_at"):
            covered &= known[name] == asked[name]
        return covered

    def add(self, rows: Interactions) -> None:
        """Note rows that have been committed."""
        entries = _entries(rows.take(~rows.is_rating))
        self._entries[_places(entries)] = entries


def _entries(rows: Interactions) -> NDArray[np.void]:
    entries = np.empty(len(rows), dtype=_ENTRY)
    entries["user_id"], entries["slot_at"], entries["at"] = rows.user_id, rows.slot_at, rows.at
    # Python's hash of a string has a secret key: nobody can make two movies look the same.
    entries["movie"] = np.array([hash(movie) for movie in rows.movie_ids], np.int64)[rows.movie]
    return entries


def _places(entries: NDArray[np.void]) -> NDArray[np.uint64]:
    mixed = np.zeros(len(entries), dtype=np.uint64)
    for name in ("user_id", "movie", "slot_at"):
        mixed = (mixed ^ entries[name].astype(np.uint64)) * _MIX
    return mixed >> np.uint64(64 - _BITS)
