"""What the recommendation service answered, or how it failed.

The simulated service knows users' tastes in outline: it picks as a user would whose tastes are
half as sharp.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from marquee.simulation.draws import Stream, normals, uniforms
from marquee.simulation.exact import FloatArray, exp
from marquee.simulation.tastes import Positions, Preferences
from marquee.simulation.users import UserIds

LENGTH = 20
SERVER = "simulator-1.marquee.example:8082"
"""Where the service does not say its variant, reports name this: that all of it is made up."""

_SHARPNESS = 0.5
_CANDIDATES = 40
_MEDIAN_MS, _SPREAD = 150.0, 0.4
_DEADLINE_MS = 800

_HOST, _PORT = SERVER.split(":")
_FAILURES = (
    (
        0.021,
        0,
        "java.util.concurrent.TimeoutException: Request timeout to "
        f"{_HOST}/192.0.2.10:{_PORT} after {_DEADLINE_MS} ms",
        (801, 900),
    ),
    (0.024, 0, f"Connection refused: {_HOST}/192.0.2.10:{_PORT}", (900, 1500)),
    (
        0.026,
        503,
        "java.io.IOException: Server returned HTTP response code: 503, try later",
        (5, 60),
    ),
)
"""Cumulative share of requests, status, message, range of milliseconds."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One row a request, in no order of time.

    ``movies`` is [n, up to 20] positions in rank order, -1 where a list is shorter; ``failure`` the
    position in the failures, -1 for an answer; ``at_us`` microseconds since 1970; ``served`` what
    the service says of its answer, None where it says nothing.
    """

    at_us: NDArray[np.int64]
    user: UserIds
    movies: Positions
    failure: NDArray[np.int64]
    latency_ms: NDArray[np.int64]
    served: NDArray[np.object_]

    def result(self, row: int) -> tuple[int, str | None]:
        """Return the status of a request, and the message if it failed."""
        failure = int(self.failure[row])
        return _FAILURES[failure][1:3] if failure >= 0 else (200, None)


class Service(Protocol):
    """Whoever answers: :func:`answer`, or a recommender that runs."""

    def __call__(
        self,
        preferences: Preferences,
        *,
        users: UserIds,
        tastes: FloatArray,
        at_s: NDArray[np.int64],
        counter: int,
        today: float,
    ) -> Answers:
        """Answer a request of each user, made in the second ``at_s``."""
        ...


def answer(
    preferences: Preferences,
    *,
    users: UserIds,
    tastes: FloatArray,
    at_s: NDArray[np.int64],
    counter: int,
    today: float,
) -> Answers:
    """Answer a request of each user, made in the second ``at_s``; ``today`` as in ``released``."""
    seed = preferences.catalogue.seed
    draw = uniforms(seed, Stream.REQUEST, users[:, None], 4 * counter + np.arange(3)[None, :])
    failure = np.full(len(users), -1, dtype=np.int64)
    latency = _MEDIAN_MS * exp(_SPREAD * normals(seed, Stream.REQUEST, users, 4 * counter + 3))
    latency_ms = np.clip(latency, 5, _DEADLINE_MS - 1).astype(np.int64)
    for position, (share, _, _, (least, most)) in reversed(list(enumerate(_FAILURES))):
        failed = draw[:, 0] < share
        failure[failed] = position
        latency_ms[failed] = least + (draw[failed, 1] * (most - least)).astype(np.int64)
    return Answers(
        at_us=at_s * 1_000_000 + (draw[:, 2] * 1_000_000).astype(np.int64),
        user=users,
        movies=_lists(preferences, users, tastes, counter, today),
        failure=failure,
        latency_ms=latency_ms,
        served=np.full(len(users), None, dtype=object),
    )


def _lists(
    preferences: Preferences, users: UserIds, tastes: FloatArray, counter: int, today: float
) -> Positions:
    """Draw candidates and keep the first 20 that are released and no repetition."""
    draws = uniforms(
        preferences.catalogue.seed,
        Stream.ANSWER,
        users[:, None],
        2 * _CANDIDATES * counter + np.arange(2 * _CANDIDATES)[None, :],
    )
    moods = preferences.moods(_SHARPNESS * tastes)
    movies = preferences.draw(moods, draws[:, :_CANDIDATES], draws[:, _CANDIDATES:])
    good = _first_time(movies) & (preferences.catalogue.released[movies] <= today)
    movies = np.where(good, movies, -1)
    order = np.argsort(~good, axis=1, kind="stable")[:, :LENGTH]
    return np.take_along_axis(movies, order, axis=1)


def _first_time(movies: Positions) -> NDArray[np.bool_]:
    """Return, in each row, which entries did not occur before."""
    order = np.argsort(movies, axis=1, kind="stable")
    ordered = np.take_along_axis(movies, order, axis=1)
    new = np.ones(movies.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.empty_like(new)
    np.put_along_axis(first, order, new, axis=1)
    return first
