"""Which choices are not beaten in everything."""

from collections.abc import Sequence

Point = Sequence[float | None]


def pareto_front(points: Sequence[Point]) -> list[bool | None]:
    """Tell for each point, every number of it the smaller the better, whether it is on the front.

    A point is off the front when another is as good in every number and better in one; equal
    points are on it together (Pareto dominance: Miettinen, Nonlinear Multiobjective Optimization,
    1999, definition 2.2.1). A number that no point has is left out. A point that lacks another
    number can neither beat nor be beaten: None.
    """
    known = [
        i for i in range(len(points[0]) if points else 0) if any(p[i] is not None for p in points)
    ]
    reduced = [[point[i] for i in known] for point in points]
    whole = [[value for value in point if value is not None] for point in reduced]
    judged = [point for point in whole if len(point) == len(known)]
    return [
        not any(_beats(other, point) for other in judged) if len(point) == len(known) else None
        for point in whole
    ]


def _beats(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True)) and list(a) != list(b)
