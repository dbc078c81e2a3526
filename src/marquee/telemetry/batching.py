"""How many lines the next transaction takes."""

LEAST = 500
SLOW_S = 1.0


def next_size(size: int, *, most: int, seconds: float, lag: int) -> int:
    """Return the size of the next batch after one of ``size`` that took ``seconds`` to apply.

    A slow transaction halves it; a ``lag`` (lines still to read) that one batch would not end
    doubles it. It stays between ``LEAST`` and ``most``, or is ``most`` where that is less.
    """
    if seconds > SLOW_S:
        size //= 2
    elif lag > size:
        size *= 2
    return min(max(size, LEAST), most)
