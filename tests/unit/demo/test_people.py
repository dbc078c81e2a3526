"""Simulated people, answered by a recommender that runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice

import numpy as np
import pytest

from marquee.demo.people import People
from marquee.events import Event, RatingScale, Recommendation, Watch, parse_line
from marquee.models.base import Recommender
from marquee.models.registry import fit_model
from marquee.params import SimulatorParams
from marquee.service.load import popularity_of
from marquee.service.recommend import Arm, RecommendationService
from marquee.simulation.movies import make_catalogue
from marquee.tables.interactions import Interactions

from ..models.examples import make_params

PARAMS = SimulatorParams(
    seed=1, users=60, movies=40, lines=20_000, start="2025-01-01", days=30, fault_rate=0
)
BEGIN = datetime(2026, 3, 4, 18, 30, tzinfo=UTC)
MOVIE_IDS = make_catalogue(1, 40, 2025).ids
KNOWN = range(1, 51)


def model() -> Recommender:
    """Fit on users who each met three movies; ten users of the platform are unknown to it."""
    pairs = sorted((user - 1, (user * step) % 40) for user in KNOWN for step in (1, 3, 7))
    user_idx, movie_idx = np.array(sorted(set(pairs)), dtype=np.int32).T
    order = np.argsort(MOVIE_IDS, kind="stable")
    n = len(user_idx)
    return fit_model(
        Interactions(
            user_ids=np.array(KNOWN, dtype=np.int64),
            movie_ids=np.array(MOVIE_IDS)[order],
            user_idx=user_idx,
            movie_idx=movie_idx,
            rating=np.full(n, 4, dtype=np.float32),
            minutes=np.ones(n, dtype=np.int32),
            at=np.zeros(n, dtype=np.int64),
        ),
        make_params("user_knn"),
    )


@pytest.fixture(scope="module")
def service() -> RecommendationService:
    knn = model()
    arms = {"user_knn": Arm(knn, "v1"), "popularity": Arm(popularity_of(knn), "v2")}
    return RecommendationService(
        arms=arms, fallback=popularity_of(knn), experiment="demo", server="localhost:8082"
    )


def live(service: RecommendationService, minutes: int, **seen: frozenset[str]) -> list[Event]:
    people = People(
        PARAMS,
        RatingScale(),
        service=service,
        seen={int(user.removeprefix("user_")): movies for user, movies in seen.items()},
        begin=BEGIN,
    )
    lines = b"".join(block.text.tobytes() for block in islice(people.blocks(), minutes))
    return [parse_line(line) for line in lines.splitlines()]


def answers(events: Sequence[Event]) -> list[Recommendation]:
    return [event for event in events if isinstance(event, Recommendation)]


@pytest.fixture(scope="module")
def three_days(service: RecommendationService) -> list[Event]:
    return live(service, 3 * 1440)


def test_life_begins_at_the_moment_asked_for_and_goes_on_in_order(
    three_days: list[Event],
) -> None:
    times = [event.at for event in three_days]
    assert times == sorted(times)
    assert timedelta() <= times[0] - BEGIN < timedelta(hours=2)
    assert timedelta(days=3) - timedelta(hours=2) < times[-1] - BEGIN < timedelta(days=3)


def test_every_answer_is_what_the_service_gives_that_user(
    three_days: list[Event], service: RecommendationService
) -> None:
    given = answers(three_days)
    assert len(given) > 30
    for answer in given:
        again = service.recommend(answer.user_id, 20, answer.at)
        assert answer.served is not None
        assert again.served is not None
        assert answer.served.variant == again.served.variant
        assert answer.served.personalised == again.served.personalised
        if answer.status == 200:
            assert answer.movie_ids == again.movie_ids
    assert {answer.served.variant for answer in given if answer.served} == {
        "user_knn",
        "popularity",
    }


def test_the_latency_of_an_answer_is_what_the_service_measured(
    service: RecommendationService,
) -> None:
    slow = replace(service, clock=count(0, 0.0625).__next__)
    given = answers(live(slow, 1440))
    assert {answer.latency_ms for answer in given if answer.status == 200} == {63}


def test_people_follow_what_they_were_recommended(three_days: list[Event]) -> None:
    begun = {
        (event.user_id, event.movie_id): event.at
        for event in three_days
        if isinstance(event, Watch) and event.minute == 0
    }
    followed = [
        answer
        for answer in answers(three_days)
        if any(
            timedelta() < begun.get((answer.user_id, movie), BEGIN) - answer.at < timedelta(hours=1)
            for movie in answer.movie_ids
        )
    ]
    assert len(followed) > 5


def test_what_a_user_has_seen_is_not_recommended(service: RecommendationService) -> None:
    seen = frozenset(MOVIE_IDS[:30])
    given = [
        answer
        for answer in answers(
            live(service, 1440, **{f"user_{user}": seen for user in range(1, 61)})
        )
        if answer.status == 200
    ]
    assert given
    assert not any(seen & set(answer.movie_ids) for answer in given)
