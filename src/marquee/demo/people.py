"""Simulated people who are answered by a recommender that runs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from marquee.events import RatingScale, Recommendation
from marquee.params import SimulatorParams
from marquee.service.recommend import RecommendationService
from marquee.simulation.activity import DAY_S
from marquee.simulation.answers import LENGTH, Answers, answer
from marquee.simulation.corruption import Corruption
from marquee.simulation.exact import FloatArray
from marquee.simulation.lines import Block, Vocabulary
from marquee.simulation.movies import make_catalogue
from marquee.simulation.tastes import Preferences
from marquee.simulation.timeline import Timeline
from marquee.simulation.traffic import Traffic
from marquee.simulation.users import UserIds

Seen = Mapping[int, frozenset[str]]
"""What each user has watched or rated already."""

_LINES_A_USER_DAY = 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LiveService:
    """Answers simulated users with the lists of a running recommender.

    An answer's latency is what the recommender measured. There is no network; requests fail as
    in the simulation, with its latency, so that there is something to see of failures.
    """

    def __init__(self, service: RecommendationService, movie_ids: tuple[str, ...], seen: Seen):
        self._service = service
        self._position = {movie_id: at for at, movie_id in enumerate(movie_ids)}
        self._seen = seen

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
        network = answer(
            preferences, users=users, tastes=tastes, at_s=at_s, counter=counter, today=today
        )
        requests = zip(users.tolist(), network.at_us.tolist(), strict=True)
        answers = [self._ask(*request) for request in requests]
        lists = [self._row(given) for given in answers]
        measured_ms = np.array([given.latency_ms for given in answers], dtype=np.int64)
        served = np.full(len(answers), None, dtype=object)
        served[:] = [given.served for given in answers]
        return replace(
            network,
            movies=np.array(lists, dtype=np.intp).reshape(-1, LENGTH),
            latency_ms=np.where(network.failure < 0, measured_ms, network.latency_ms),
            served=served,
        )

    def _ask(self, user_id: int, at_us: int) -> Recommendation:
        at = _EPOCH + timedelta(microseconds=at_us)
        return self._service.recommend(user_id, LENGTH, at, self._seen.get(user_id, ()))

    def _row(self, given: Recommendation) -> list[int]:
        movies = [self._position[movie_id] for movie_id in given.movie_ids]
        return movies + [-1] * (LENGTH - len(movies))


class People:
    """The platform that the model was trained on, lived on from another day.

    The same users with the same tastes come more often than they did.
    """

    def __init__(
        self,
        params: SimulatorParams,
        scale: RatingScale,
        *,
        service: RecommendationService,
        seen: Seen,
        begin: datetime,
    ) -> None:
        last_year = int(params.start[:4])
        catalogue = make_catalogue(params.seed, params.movies, last_year)
        trained_until = begin.date() - timedelta(days=params.days)
        later = params.model_copy(
            update={
                "start": trained_until.isoformat(),
                "lines": params.users * params.days * _LINES_A_USER_DAY,
            }
        )
        live = LiveService(service, catalogue.ids, seen)
        self._traffic = Traffic(later, Preferences(catalogue, scale), service=live)
        self._timeline = Timeline(Vocabulary(catalogue.ids, scale))
        self._corruption = Corruption(params.seed, params.fault_rate, scale)
        self._begin_s = int(begin.timestamp())

    def records(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield the lines of :meth:`blocks` with their faults, as ``Platform.records`` does."""
        return chain.from_iterable(
            self._corruption.apply(block).records() for block in self.blocks()
        )

    def blocks(self, seconds: int = 60) -> Iterator[Block]:
        """Yield what happens from ``begin`` on, for ever, in blocks of so many seconds."""
        day, until_s = self._traffic.params.days, self._begin_s
        while True:
            self._timeline.add(self._traffic.day(day))
            day += 1
            midnight_s = self._traffic.start_s + day * DAY_S
            if until_s == self._begin_s:
                self._timeline.take(until_s)  # the day began before
            while until_s + seconds <= midnight_s:
                until_s += seconds
                yield self._timeline.take(until_s)
