"""How long to wait before trying again."""

import random
from collections.abc import Iterator

FIRST_S = 0.2
MOST_S = 10.0


def delays(rng: random.Random) -> Iterator[float]:
    """Yield, for ever, the seconds to wait before the next try.

    They double from ``FIRST_S`` to ``MOST_S``; of each a random half to the whole is taken, so
    that what failed together does not come back together.
    """
    longest = FIRST_S
    while True:
        yield longest * rng.uniform(0.5, 1)
        longest = min(longest * 2, MOST_S)
