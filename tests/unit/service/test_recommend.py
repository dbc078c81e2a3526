"""The service: an answer for everyone, and the truth about it in the event."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.events import Recommendation, Served, format_event, parse_line
from marquee.experiments.assignment import assign
from marquee.models.registry import fit_model
from marquee.service.load import popularity_of
from marquee.service.recommend import Arm, RecommendationService

from ..models.examples import interactions, make_params

AT = datetime(2025, 1, 3, 12, 30, 0, 125_000, tzinfo=UTC)
TASTES = interactions(
    (user, f"movie+{1990 + movie}", 5)
    for user in range(12)
    for movie in range(12)
    if (user - movie) % 2 == 0 and user != movie
)
KNN = fit_model(TASTES, make_params("user_knn"))
POPULAR = popularity_of(KNN)
KNOWN, UNKNOWN = 4, 99


@dataclass
class Broken:
    """A model that raises what it is told to."""

    error: Exception = field(default_factory=lambda: ValueError("of user 4,GET /data/m/x\nboom"))
    name = "broken"
    user_ids = KNN.user_ids
    movie_ids = KNN.movie_ids

    def recommend(self, *_: object) -> list[str]:
        raise self.error


def ids() -> Callable[[], UUID]:
    numbers: Iterator[int] = count(1)
    return lambda: UUID(int=next(numbers))


def service(fallback: object = POPULAR, **models: object) -> RecommendationService:
    ticks = count(0)
    return RecommendationService(
        arms={name: Arm(model, f"v-{name}") for name, model in models.items()},  # type: ignore[arg-type]
        fallback=fallback,  # type: ignore[arg-type]
        experiment="launch",
        server="localhost:8082",
        new_request_id=ids(),
        clock=lambda: next(ticks) * 0.0123,
    )


def served(answer: Recommendation) -> Served:
    assert answer.served is not None
    return answer.served


def test_a_known_user_gets_the_models_list() -> None:
    answer = service(knn=KNN).recommend(KNOWN, 3, AT)
    assert answer == Recommendation(
        at=AT,
        user_id=KNOWN,
        server="localhost:8082",
        status=200,
        movie_ids=tuple(KNN.recommend(KNOWN, 3)),
        error=None,
        latency_ms=13,
        served=Served(UUID(int=1), "knn", "v-knn", True),
    )


@pytest.mark.parametrize(("model", "user_id"), [(KNN, UNKNOWN), (POPULAR, KNOWN)])
def test_a_list_that_is_nobodys_own_says_so(model: object, user_id: int) -> None:
    assert not served(service(model=model).recommend(user_id, 3, AT)).personalised


def test_what_is_excluded_is_not_shown() -> None:
    first, *_ = KNN.recommend(KNOWN, 1)
    assert first not in service(knn=KNN).recommend(KNOWN, 12, AT, [first]).movie_ids


def test_each_user_gets_the_assigned_variant_and_each_request_an_id() -> None:
    both = service(knn=KNN, popular=POPULAR)
    answers = [both.recommend(user_id, 1, AT) for user_id in range(50)]
    variants = [assign(user_id, "launch", {"knn": 1, "popular": 1}) for user_id in range(50)]
    assert [served(answer).variant for answer in answers] == variants
    assert len({served(answer).request_id for answer in answers}) == 50


def test_an_arm_without_weight_gets_no_user() -> None:
    arms = {"knn": Arm(KNN, "1"), "popular": Arm(POPULAR, "1", weight=0)}
    one = RecommendationService(arms=arms, fallback=POPULAR, experiment="e", server="h:1")
    assert {served(one.recommend(user, 1, AT)).variant for user in range(50)} == {"knn"}


def test_a_failing_model_is_replaced_by_popularity(caplog: pytest.LogCaptureFixture) -> None:
    answer = service(broken=Broken()).recommend(KNOWN, 3, AT)
    assert answer.status == 200
    assert list(answer.movie_ids) == POPULAR.recommend(KNOWN, 3)
    assert served(answer) == Served(UUID(int=1), "broken", "v-broken", False)
    assert "model_failed model_version=v-broken" in caplog.text


@pytest.mark.parametrize("error", [ValueError("1, 2 ms\n"), KeyError("x"), MemoryError()])
def test_a_failing_fallback_is_status_500_and_the_name_of_the_error(error: Exception) -> None:
    answer = service(fallback=Broken(error), broken=Broken()).recommend(KNOWN, 3, AT)
    assert (answer.status, answer.movie_ids, answer.error) == (500, (), type(error).__name__)
    assert not served(answer).personalised


@given(st.integers(0, 200), st.integers(0, 20), st.sampled_from([KNN, POPULAR, Broken()]))
def test_every_answer_is_a_line_of_the_log(user_id: int, n: int, model: object) -> None:
    answer = service(fallback=model, model=model).recommend(user_id, n, AT)
    assert parse_line(format_event(answer).encode()) == answer


def test_warming_up_asks_a_failing_model_too_and_fails_nobody() -> None:
    both = service(broken=Broken(), knn=KNN)
    both.warm_up()
    assert both.recommend(KNOWN, 1, AT).status == 200


def test_a_model_whose_users_are_texts_knows_no_number() -> None:
    texts = fit_model(
        replace(TASTES, user_ids=TASTES.user_ids.astype(str)), make_params("user_knn")
    )
    answering = service(treatment=texts)
    answering.warm_up()
    answer = answering.recommend(KNOWN, 5, AT)
    assert answer.served is not None
    assert not answer.served.personalised
    assert list(answer.movie_ids) == POPULAR.recommend(KNOWN, 5)
