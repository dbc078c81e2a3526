"""When users come: how often, on which days, at what hour, and for how long."""

import math

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.params import SimulatorParams
from marquee.simulation.draws import Stream, pick, uniforms
from marquee.simulation.exact import FloatArray, exp, normal_quantile
from marquee.simulation.users import ACTIVITY_SIGMA, LATE_SHARE, UserIds, activity, joined

DAY_S = 86_400
MAX_VIEWINGS = 4
LINES_PER_SESSION = 50.8
"""Measured on a log of a million lines."""

_BUSIEST = 0.85
"""No user comes on more than this share of days; on a single day, times that weekday's factor."""
_LONGER = np.array([1.0, 0.36, 0.12, 0.03])
"""Share of sessions with at least 1, 2, 3, 4 viewings."""
_WEEKDAYS = np.array([0.95, 0.93, 0.93, 0.95, 1.05, 1.12, 1.07])
_HOURS = np.cumsum(
    [30, 20, 12, 8, 6, 6, 8, 12, 16, 20, 24, 28, 34, 36, 36, 38, 42, 50, 62, 76, 86, 84, 68, 46.0]
)


def base_rate(params: SimulatorParams) -> float:
    """Return the sessions a day of a member of average activity, so that the log has its lines.

    It depends on lines per user alone. More lines than the users could watch is a
    :class:`ParameterError`.
    """
    member_days = params.users * params.days * (1 - LATE_SHARE / 2)
    wanted = params.lines / (member_days * LINES_PER_SESSION)
    if wanted > 0.9 * _BUSIEST:
        most = int(0.9 * _BUSIEST * member_days * LINES_PER_SESSION)
        raise ParameterError(
            f"simulator: lines = {params.lines}: expected at most {most}, "
            f"all that users = {params.users} watch in days = {params.days}; ask for fewer lines, "
            "or for more users or days"
        )
    return _before_the_cap(wanted)


def _before_the_cap(wanted: float) -> float:
    """Find the rate of average activity at which capped rates average to ``wanted``."""
    z = normal_quantile((np.arange(1000) + 0.5) / 1000)
    spread = exp(ACTIVITY_SIGMA * z - ACTIVITY_SIGMA * ACTIVITY_SIGMA / 2)
    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = math.fsum(np.minimum(middle * spread, _BUSIEST).tolist()) / len(spread)
        low, high = (middle, high) if mean < wanted else (low, middle)
    return low


def session_rates(params: SimulatorParams, users: UserIds) -> FloatArray:
    """Return each user's mean sessions a day while a member."""
    return np.minimum(base_rate(params) * activity(params.seed, users), _BUSIEST)


def members(params: SimulatorParams, users: UserIds) -> NDArray[np.int64]:
    """Return the day, from 0, on which each user can first come."""
    return np.ceil(joined(params.seed, users) * params.days).astype(np.int64)


def visitors(
    seed: int, users: UserIds, rates: FloatArray, day: int, weekday: int
) -> NDArray[np.intp]:
    """Return the positions of the users who come on a day."""
    comes = uniforms(seed, Stream.SESSION, users, 4 * day) < rates * _WEEKDAYS[weekday]
    return np.flatnonzero(comes)


def arrivals(seed: int, users: UserIds, day: int) -> NDArray[np.int64]:
    """Return seconds after midnight; evenings are busiest."""
    draw = uniforms(seed, Stream.SESSION, users, 4 * day + 1)
    hour = pick(_HOURS / _HOURS[-1], draw)
    within = uniforms(seed, Stream.SESSION, users, 4 * day + 2)
    return hour.astype(np.int64) * 3600 + (within * 3600).astype(np.int64)


def viewings(seed: int, users: UserIds, day: int) -> NDArray[np.int64]:
    """Return how many movies each user begins in the session of a day, 1 to 4."""
    draw = uniforms(seed, Stream.SESSION, users, 4 * day + 3)
    return np.asarray((draw[:, None] < _LONGER).sum(axis=1), dtype=np.int64)
