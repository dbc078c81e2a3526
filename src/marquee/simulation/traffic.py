"""Sessions: users come, ask for recommendations, watch, quit or finish, and rate.

A day is worked out for all its visitors at once. What a user does depends on the user's own draws
and earlier days alone.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from marquee.params import SimulatorParams
from marquee.simulation import activity
from marquee.simulation.answers import Answers, Service, answer
from marquee.simulation.draws import Stream, normals, uniforms
from marquee.simulation.exact import FloatArray, log
from marquee.simulation.history import History
from marquee.simulation.opinions import ratings
from marquee.simulation.tastes import Positions, Preferences
from marquee.simulation.users import UserIds

ASK, BROWSE = 0.32, 0.1
"""Chance of a request before a viewing, and of one at the end of a session that leads nowhere."""
FOLLOW = 0.4
"""Chance that a user who was answered watches one of the recommended movies at once."""

_ATTEMPTS = 12
_REWATCH = 0.02
_WHIM = 0.7
_QUIT_AFTER = 16.0
_SLOTS = activity.MAX_VIEWINGS + 1


@dataclass(frozen=True, slots=True)
class Viewings:
    """One row a movie begun: ``start_s`` in seconds since 1970, and the minutes watched."""

    user: UserIds
    movie: Positions
    start_s: NDArray[np.int64]
    minutes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rated:
    """One row a rating, at ``at_s`` seconds since 1970."""

    user: UserIds
    movie: Positions
    at_s: NDArray[np.int64]
    value: FloatArray


@dataclass(frozen=True, slots=True)
class Day:
    """What was begun on a day; some of it ends on the next."""

    viewings: list[Viewings]
    rated: list[Rated]
    answers: list[Answers]


@dataclass(slots=True)
class _Session:
    """The visitors of a day; ``clock`` is how far each has come, in seconds since 1970."""

    who: NDArray[np.intp]
    users: UserIds
    tastes: FloatArray
    moods: FloatArray
    clock: NDArray[np.int64]
    today: float

    def part(self, chosen: NDArray[np.bool_] | Positions) -> "_Session":
        columns = ("who", "users", "tastes", "moods", "clock")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


class Traffic:
    """The days of some users, one after the other; ``service`` answers them."""

    def __init__(
        self,
        params: SimulatorParams,
        preferences: Preferences,
        users: UserIds | None = None,
        service: Service = answer,
    ) -> None:
        self.params = params
        self.service = service
        self.preferences = preferences
        self.users = np.arange(1, params.users + 1) if users is None else users
        self.first_day = date.fromisoformat(params.start)
        midnight = datetime(*self.first_day.timetuple()[:3], tzinfo=UTC)
        self.start_s = int(midnight.timestamp())
        self._rates = activity.session_rates(params, self.users)
        self._member_from = activity.members(params, self.users)
        self._busy_until = np.zeros(len(self.users), dtype=np.int64)
        self._history = History(len(self.users), params.movies)

    def day(self, day: int) -> Day:
        """Return what begins on a day, from 0; days must be asked for in order, each once."""
        session = self._arrive(day)
        n_viewings = activity.viewings(self.params.seed, session.users, day)
        result = Day([], [], [])
        for slot in range(activity.MAX_VIEWINGS):
            stay = np.flatnonzero(n_viewings > slot)
            visit = session.part(stay)
            self._visit(visit, day * _SLOTS + slot, result)
            session.clock[stay] = visit.clock
        self._browse(session, day * _SLOTS + activity.MAX_VIEWINGS, result)
        self._busy_until[session.who] = session.clock
        return result

    def _arrive(self, day: int) -> _Session:
        weekday = (self.first_day.weekday() + day) % 7
        rates = np.where(self._member_from <= day, self._rates, 0)
        who = activity.visitors(self.params.seed, self.users, rates, day, weekday)
        users = self.users[who]
        tastes = self.preferences.tastes(users)
        moods = self.preferences.moods(tastes)
        arrival = self.start_s + day * activity.DAY_S
        clock = arrival + activity.arrivals(self.params.seed, users, day)
        clock = np.maximum(clock, self._busy_until[who])
        return _Session(who, users, tastes, moods, clock, day / self.params.days)

    def _visit(self, visit: _Session, counter: int, result: Day) -> None:
        movie = self._unprompted(visit, counter)
        draw = uniforms(
            self.params.seed, Stream.FOLLOW, visit.users[:, None], 4 * counter + np.arange(3)
        )
        asks = np.flatnonzero(draw[:, 0] < ASK)
        given = self._ask(visit.part(asks), counter, result)
        choice = self._best_of(visit.part(asks), given.movies, counter)
        follows = (draw[asks, 1] < FOLLOW) & (given.failure < 0) & (choice >= 0)
        movie[asks[follows]] = choice[follows]
        visit.clock += 5 + (draw[:, 2] * 175).astype(np.int64)
        self._history.add(visit.who, movie)
        self._watch(visit, movie, counter, result)

    def _ask(self, visit: _Session, counter: int, result: Day) -> Answers:
        given = self.service(
            self.preferences,
            users=visit.users,
            tastes=visit.tastes,
            at_s=visit.clock,
            counter=counter,
            today=visit.today,
        )
        result.answers.append(given)
        return given

    def _browse(self, session: _Session, counter: int, result: Day) -> None:
        browses = uniforms(self.params.seed, Stream.FOLLOW, session.users, 4 * counter) < BROWSE
        self._ask(session.part(browses), counter, result)

    def _unprompted(self, visit: _Session, counter: int) -> Positions:
        """Choose by popularity and taste, what is released and (mostly) not seen yet."""
        draws = uniforms(
            self.params.seed,
            Stream.CHOICE,
            visit.users[:, None],
            32 * counter + np.arange(2 * _ATTEMPTS + 1)[None, :],
        )
        movies = self.preferences.draw(
            visit.moods, draws[:, :_ATTEMPTS], draws[:, _ATTEMPTS : 2 * _ATTEMPTS]
        )
        new = ~self._history.seen(visit.who, movies) | (draws[:, -1:] < _REWATCH)
        released = self.preferences.catalogue.released[movies] <= visit.today
        best = np.argmax(released * (1 + new), axis=1)
        return np.asarray(movies[np.arange(len(movies)), best], dtype=np.intp)

    def _best_of(self, visit: _Session, movies: Positions, counter: int) -> Positions:
        """Choose from each list what suits the user best and is new; -1 where nothing is."""
        whim = normals(
            self.params.seed,
            Stream.WHIM,
            visit.users[:, None],
            32 * counter + np.arange(movies.shape[1])[None, :],
        )
        score = self.preferences.match(visit.tastes, movies) + _WHIM * whim
        bad = (movies < 0) | self._history.seen(visit.who, movies)
        score[bad] = -np.inf
        best = np.argmax(score, axis=1)
        rows = np.arange(len(movies))
        return np.where(bad[rows, best], -1, movies[rows, best])

    def _watch(self, visit: _Session, movie: Positions, counter: int, result: Day) -> None:
        """Watch to the end or quit, then perhaps rate; the clock moves on to the next visit."""
        seed, users = self.params.seed, visit.users
        opinion = self.preferences.opinion(users, visit.tastes, movie)
        draw = uniforms(seed, Stream.WATCH, users[:, None], 8 * counter + np.arange(5)[None, :])
        finishes = draw[:, 0] < np.clip(0.18 + 0.08 * opinion, 0.03, 0.6)
        quits = 1 + (-_QUIT_AFTER * log(draw[:, 1])).astype(np.int64)
        runtime = self.preferences.catalogue.runtime[movie]
        minutes = np.where(finishes, runtime, np.minimum(quits, runtime))
        result.viewings.append(Viewings(users, movie, visit.clock.copy(), minutes))
        visit.clock += 60 * minutes + (draw[:, 2] * 90).astype(np.int64)
        rates = draw[:, 3] < np.where(finishes, 0.7, 0.33)
        noise = normals(seed, Stream.RATE, users, counter)
        value = ratings(opinion, noise, self.preferences.scale)
        result.rated.append(
            Rated(users[rates], movie[rates], visit.clock[rates].copy(), value[rates])
        )
        visit.clock += 120 + (draw[:, 4] * 1080).astype(np.int64)
