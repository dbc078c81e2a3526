"""Who has seen what, in memory that grows with users and movies alone."""

import numpy as np
from numpy.typing import NDArray

_MOST_BITS = 1024


class History:
    """One bit a (user, movie): exact for catalogues up to 1,024 movies.

    In larger ones several movies share a bit: who has seen k movies passes over about k / 1,024 of
    the others too, the same ones in every run. Most users of such a platform have seen few.
    """

    def __init__(self, n_users: int, n_movies: int) -> None:
        self._slots = min(n_movies, _MOST_BITS)
        self._bits = np.zeros((n_users, (self._slots + 7) // 8), dtype=np.uint8)

    def seen(self, who: NDArray[np.intp], movies: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return [n, k]: which of ``movies`` [n, k] the user at each position has seen."""
        slot = movies % self._slots
        octets = self._bits[who[:, None], slot >> 3]
        return np.asarray(octets >> (slot & 7).astype(np.uint8) & 1, dtype=np.bool_)

    def add(self, who: NDArray[np.intp], movies: NDArray[np.intp]) -> None:
        """Remember one movie for each of some different users."""
        slot = movies % self._slots
        self._bits[who, slot >> 3] |= np.left_shift(np.uint8(1), (slot & 7).astype(np.uint8))
