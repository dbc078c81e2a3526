"""Where the points of a picture lie, and where there is room for a label beside each."""

import math
from collections.abc import Sequence

_PAD = 0.06
_AWAY = 21.0
_NEAR = 19.0
_DIRECTIONS = tuple(
    (_AWAY * math.cos(turn * math.pi / 4), _AWAY * math.sin(turn * math.pi / 4))
    for turn in (0, 4, 6, 2, 7, 5, 1, 3)
)
"""Right, left, above, below, and between them."""

Spot = tuple[float, float]


def range_of(values: Sequence[float | None], *, log: bool = False) -> list[float]:
    """Return the ends of an axis around values: some room on both sides, none below 0.

    A single value lies in the middle; a logarithmic axis is of values above 0.
    """
    known = [value for value in values if value is not None]
    if log:
        low, high = range_of([math.log(value) + 100 for value in known])
        return [math.exp(low - 100), math.exp(high - 100)]
    low, high = min(known), max(known)
    room = _PAD * (high - low) or 0.1 * abs(high) or 1.0
    return [low - room if low < 0 else max(0.0, low - room), high + room]


def pixels(values: Sequence[float], width: float, *, log: bool = False) -> list[float]:
    """Return where values lie on such an axis."""
    low, high = range_of(values, log=log)
    if log:
        low, high, values = math.log(low), math.log(high), [math.log(value) for value in values]
    return [width * (value - low) / (high - low) for value in values]


def beside(spots: Sequence[Spot], labelled: Sequence[int]) -> list[Spot]:
    """Return how far from each labelled spot its label stands.

    It is beside its own spot, where it is not on another one or on a label before it, if there is
    such a place; else where it is farthest from these.
    """
    taken: list[Spot] = []
    found = []
    for place in labelled:
        x, y = spots[place]
        others = [*(spot for at, spot in enumerate(spots) if at != place), *taken]
        room = {
            (dx, dy): min((math.dist((x + dx, y + dy), other) for other in others), default=_NEAR)
            for dx, dy in _DIRECTIONS
        }
        best = next(
            (way for way, far in room.items() if far >= _NEAR), max(room, key=room.__getitem__)
        )
        taken.append((x + best[0], y + best[1]))
        found.append(best)
    return found
