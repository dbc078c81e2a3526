"""A telemetry database with days of simulated life in it, healthy or with incidents.

People of the simulator are answered by two models, half of the users each, and every line goes
through the writer's own code: all rows are what it would have written. Of the minutes that it
would only collapse one in ten is there, which changes no row but the counts of lines.

On two cores a day (3,300 requests, 45,000 lines) takes about 6 s, another one of the same people
4 s, and a day of history 4 s more.
"""

import re
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import product
from random import Random
from typing import cast
from uuid import UUID

import numpy as np
import psycopg2
from numpy.typing import NDArray
from psycopg2.extras import execute_values

from marquee.demo.people import People
from marquee.events import RatingScale, Recommendation
from marquee.models.base import Recommender
from marquee.models.registry import fit_model
from marquee.params import SimulatorParams
from marquee.service.load import popularity_of
from marquee.service.recommend import Arm, RecommendationService
from marquee.simulation.movies import Catalogue, make_catalogue, movie_row
from marquee.simulation.tastes import Preferences
from marquee.simulation.traffic import Traffic
from marquee.tables.interactions import Interactions
from marquee.telemetry.apply import apply_batch
from marquee.telemetry.database import Connection
from marquee.telemetry.interactions import SLOT
from marquee.telemetry.jobs import record_job
from marquee.telemetry.maintain import maintain
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.records import Record, Rules, Stream
from marquee.telemetry.references import (
    Background,
    Reference,
    Verdict,
    record_background,
)
from marquee.telemetry.times import microseconds

from .incidents import Incidents, Line, suffer
from .unit.models.examples import make_params

USERS, MOVIES, TRAINED_DAYS, FAULT_RATE = 9_000, 300, 3, 0.001
CONTROL, TREATMENT = "popularity", "als"
VERSIONS = {CONTROL: "3e91c07a5d42", TREATMENT: "b80f6d2c14e7"}
REDEPLOYED, REDEPLOYED_BEFORE = "d15a98e03b6f", timedelta(hours=8)
"""What the treatment answers with so long before the end, and after."""
SERVER = "recommender.marquee.example:8082"
STREAM = Stream("movielog", UUID(int=7), "cluster")
PARTITIONS = 2
RULES = Rules(RatingScale(), hit_window=timedelta(hours=1), lateness=timedelta(minutes=5))
BATCH, HISTORY_BATCH = timedelta(minutes=10), timedelta(hours=1)
BEHIND = timedelta(minutes=30)
_WATCH = re.compile(rb"GET /data/m/([^/]+)/(\d+)\.mpg$")


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the database holds: from when to when, how many lines, and of which movies."""

    begin: datetime
    end: datetime
    lines: int
    catalogue: Catalogue


def seed_database(
    dsn: str,
    *,
    seed: int = 1,
    end: datetime | None = None,
    history_days: int = 0,
    **incidents: datetime,
) -> Seeded:
    """Fill a migrated database with a day up to ``end`` (now), after some days of history.

    ``incidents`` are those of :class:`Incidents`. The same arguments give the same rows, but for
    the seconds that transactions took.
    """
    end = end or datetime.now(UTC).replace(second=0, microsecond=0)
    begin = end - timedelta(days=1 + history_days)
    plan = Incidents(**incidents)
    platform = _platform(seed, begin.date())
    lines = list(suffer(_lines(seed, begin, end, plan.uneven_split), plan, platform.catalogue))
    with closing(psycopg2.connect(dsn)) as connection:
        open_stream(connection, STREAM, dict.fromkeys(range(PARTITIONS), 0), rules=RULES)
        applied = _apply(connection, lines, end, plan.stuck_writer)
        _date(connection, begin, end)
        for version in (*VERSIONS.values(), REDEPLOYED):
            record_background(connection, version, background(platform))
        if plan.failed_job <= end:
            record_job(connection, "maintain", at=plan.failed_job)
            record_job(connection, "maintain", at=end, error="out of disk space")
    if plan.failed_job > end:
        maintain(dsn)
    return Seeded(begin, end, applied, platform.catalogue)


@dataclass(frozen=True, slots=True)
class _Platform:
    params: SimulatorParams
    catalogue: Catalogue
    model: Recommender


@lru_cache(4)
def _platform(seed: int, today: date) -> _Platform:
    """Return the people, their movies, and a model of what they watched before."""
    start = today - timedelta(days=30)
    params = SimulatorParams(
        seed=seed,
        users=USERS,
        movies=MOVIES,
        lines=USERS * 900,
        start=start.isoformat(),
        days=30,
        fault_rate=FAULT_RATE,
    )
    catalogue = make_catalogue(seed, MOVIES, start.year)
    traffic = Traffic(params, Preferences(catalogue, RatingScale()))
    met = [viewings for day in range(TRAINED_DAYS) for viewings in traffic.day(day).viewings]
    user = np.concatenate([viewings.user for viewings in met])
    movie = np.array(catalogue.ids)[np.concatenate([viewings.movie for viewings in met])]
    return _Platform(params, catalogue, _fit(user, movie))


def background(platform: _Platform) -> Background:
    """Return what a deploy keeps of a model: the users of each movie it learnt from, a verdict."""
    model = popularity_of(platform.model)
    users = dict(zip(model.movie_ids.tolist(), model.popularity.tolist(), strict=True))
    rows = (movie_row(platform.catalogue, number) for number in range(MOVIES))
    genres = {row["id"]: [genre["name"] for genre in row["genres"]] for row in rows}
    verdict = Verdict("fairness", "gender", "inconclusive", 0.02, 0.0, 0.06, 0.05)
    return Background(Reference(users, genres), [verdict])


def _fit(user: NDArray[np.int64], movie: NDArray[np.str_]) -> Recommender:
    user_ids, user_idx = np.unique(user, return_inverse=True)
    movie_ids, movie_idx = np.unique(movie, return_inverse=True)
    pairs = np.unique(np.column_stack((user_idx, movie_idx)), axis=0).astype(np.int32)
    interactions = Interactions(
        user_ids=user_ids,
        movie_ids=movie_ids,
        user_idx=pairs[:, 0],
        movie_idx=pairs[:, 1],
        rating=np.full(len(pairs), 4, dtype=np.float32),
        minutes=np.full(len(pairs), 30, dtype=np.int32),
        at=np.zeros(len(pairs), dtype=np.int64),
    )
    return fit_model(interactions, make_params(TREATMENT))


class _Service:
    """The service; its treatment's version changes once, and its split may."""

    def __init__(self, model: Recommender, seed: int, end: datetime, uneven_from: datetime) -> None:
        self._ids = Random(seed)
        self._model, self._popularity = model, popularity_of(model)
        self._redeployed_at, self._uneven_from = end - REDEPLOYED_BEFORE, uneven_from
        both = (False, True)
        self._services = {state: self._make(*state) for state in product(both, both)}

    def _make(self, redeployed: bool, uneven: bool) -> RecommendationService:
        version = REDEPLOYED if redeployed else VERSIONS[TREATMENT]
        control, treatment = (2, 3) if uneven else (1, 1)
        return RecommendationService(
            arms={
                CONTROL: Arm(self._popularity, VERSIONS[CONTROL], control),
                TREATMENT: Arm(self._model, version, treatment),
            },
            fallback=self._popularity,
            experiment="seed",
            server=SERVER,
            new_request_id=lambda: UUID(int=self._ids.getrandbits(128)),
            clock=lambda: 0.0,
        )

    def recommend(
        self, user_id: int, n: int, at: datetime, exclude: Collection[str] = ()
    ) -> Recommendation:
        service = self._services[at >= self._redeployed_at, at >= self._uneven_from]
        return service.recommend(user_id, n, at, exclude)


@lru_cache(2)
def _lines(seed: int, begin: datetime, end: datetime, uneven_from: datetime) -> Sequence[Line]:
    """Return what happens on a healthy platform."""
    platform = _platform(seed, begin.date())
    service = _Service(platform.model, seed, end, uneven_from)
    people = People(
        platform.params,
        RatingScale(),
        service=cast("RecommendationService", service),
        seen={},
        begin=begin,
    )
    until_us = microseconds(end)
    known: set[tuple[int, bytes, int]] = set()
    lines: list[Line] = []
    for user, line, at_us in people.records():
        if at_us >= until_us:
            break
        if _is_kept(known, user, line, at_us):
            lines.append((user, line, at_us))
    return lines


def _is_kept(known: set[tuple[int, bytes, int]], user: int, line: bytes, at_us: int) -> bool:
    watched = _WATCH.search(line)
    if watched is None:
        return True
    key = (user, watched[1], at_us // (SLOT // timedelta(microseconds=1)))
    is_news = key not in known
    known.add(key)
    return is_news or watched[2].endswith(b"0")


def _apply(connection: Connection, lines: Sequence[Line], end: datetime, stuck_at: datetime) -> int:
    """Apply lines as they come, a transaction every so often; return how many."""
    partition = np.array([user % PARTITIONS for user, _, _ in lines])
    at_us = np.array([at_us for _, _, at_us in lines], dtype=np.int64)
    offset = np.zeros(len(lines), dtype=np.int64)
    for p in range(PARTITIONS):
        offset[partition == p] = np.arange(np.count_nonzero(partition == p))
    cuts = _cuts(datetime.fromtimestamp(at_us[0] / 1e6, UTC), min(end, stuck_at), end)
    places = np.searchsorted(at_us, [microseconds(cut) for cut in cuts])
    for first, last, until in zip(places, places[1:], cuts[1:], strict=False):
        behind = BEHIND if until == stuck_at else timedelta()
        there = at_us < microseconds(until + behind)
        apply_batch(
            connection,
            STREAM,
            [
                Record(int(partition[i]), int(offset[i]), int(at_us[i]) // 1000, lines[i][1])
                for i in range(first, last)
            ],
            {p: int(np.count_nonzero(there & (partition == p))) for p in range(PARTITIONS)},
            rules=RULES,
            now=until,
        )
    return int(places[-1])


def _cuts(begin: datetime, until: datetime, end: datetime) -> list[datetime]:
    cuts = [begin]
    while cuts[-1] < until:
        history = end - cuts[-1] > timedelta(days=1)
        cuts.append(min(cuts[-1] + (HISTORY_BATCH if history else BATCH), until))
    return cuts


def _date(connection: Connection, begin: datetime, end: datetime) -> None:
    """Let all have been committed a second after its newest event, and models been deployed."""
    deploys = [
        (VERSIONS[CONTROL], begin, CONTROL, "a1" * 16),
        (VERSIONS[TREATMENT], begin, TREATMENT, "b2" * 16),
        (REDEPLOYED, end - REDEPLOYED_BEFORE, TREATMENT, "c3" * 16),
    ]
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE batch ON COMMIT DROP AS TABLE telemetry.stream_batch;"
            "UPDATE batch SET committed_at = max_event_at + INTERVAL '1 second';"
            "DELETE FROM telemetry.stream_batch;"
            "INSERT INTO telemetry.stream_batch TABLE batch;"
            "UPDATE telemetry.stream_offset SET updated_at = max_event_at + INTERVAL '1 second'"
        )
        execute_values(cursor, "INSERT INTO telemetry.model_deploy VALUES %s", deploys)
