from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from marquee.errors import ParameterError
from marquee.events import RatingScale
from marquee.params import SimulatorParams
from marquee.simulation.movies import make_catalogue
from marquee.simulation.tastes import Preferences
from marquee.simulation.traffic import Traffic

MakeParams = Callable[..., SimulatorParams]


def traffic(params: SimulatorParams, users: list[int] | None = None) -> Traffic:
    preferences = Preferences(make_catalogue(params.seed, params.movies, 2025), RatingScale())
    return Traffic(params, preferences, None if users is None else np.array(users))


def rows(table: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(getattr(table, name).tolist() for name in names), strict=True))


def everything(source: Traffic) -> list[tuple[Any, ...]]:
    """Viewings, ratings and answers as rows that begin with the user."""
    found = []
    for day in map(source.day, range(source.params.days)):
        for viewings in day.viewings:
            found += rows(viewings, "user", "start_s", "movie", "minutes")
        for rated in day.rated:
            found += rows(rated, "user", "at_s", "movie", "value")
        for answers in day.answers:
            found += rows(answers, "user", "at_us", "failure", "latency_ms", "movies")
    return sorted(found, key=repr)


def test_a_users_events_do_not_depend_on_the_order_of_users(make_params: MakeParams) -> None:
    params = make_params()
    backwards = list(range(params.users, 0, -1))
    assert everything(traffic(params)) == everything(traffic(params, backwards))


def test_a_users_events_do_not_depend_on_who_is_simulated_along(make_params: MakeParams) -> None:
    params = make_params()
    few = [3, 77, 250]
    together = [row for row in everything(traffic(params)) if row[0] in few]
    apart = [row for user in few for row in everything(traffic(params, [user]))]
    assert together
    assert together == sorted(apart, key=repr)


def test_more_users_leave_the_events_of_the_others_as_they_were(make_params: MakeParams) -> None:
    small = make_params(users=100, lines=20_000)
    large = make_params(users=300, lines=60_000)
    before = everything(traffic(small))
    after = [row for row in everything(traffic(large)) if row[0] <= 100]
    assert before == after


def columns(source: Traffic, kind: str, *names: str) -> list[np.ndarray[Any, Any]]:
    days = [getattr(source.day(day), kind) for day in range(source.params.days)]
    return [np.concatenate([getattr(t, name) for day in days for t in day]) for name in names]


def test_hardly_anybody_watches_a_movie_again(make_params: MakeParams) -> None:
    user, movie = columns(traffic(make_params()), "viewings", "user", "movie")
    pairs = len(np.unique(user * 1_000 + movie))
    assert 0 < len(user) - pairs < 0.03 * len(user)


def test_nobody_watches_two_movies_at_once(make_params: MakeParams) -> None:
    user, start, minutes = columns(traffic(make_params()), "viewings", "user", "start_s", "minutes")
    order = np.lexsort((start, user))
    same = np.diff(user[order]) == 0
    pause = start[order][1:] - (start + 60 * minutes)[order][:-1]
    assert pause[same].min() > 0


def test_users_rate_only_what_they_have_watched(make_params: MakeParams) -> None:
    params = make_params()
    watched = columns(traffic(params), "viewings", "user", "movie", "start_s", "minutes")
    rated = columns(traffic(params), "rated", "user", "movie", "at_s")
    user, movie, start, minutes = watched
    end = start + 60 * minutes
    ends = set(zip(user.tolist(), movie.tolist(), end.tolist(), strict=True))
    for user, movie, at_s in zip(*(column.tolist() for column in rated), strict=True):
        assert any((user, movie, at_s - wait) in ends for wait in range(90))


def test_movies_are_watched_only_once_they_are_released(make_params: MakeParams) -> None:
    params = make_params()
    source = traffic(params)
    late = source.preferences.catalogue.released
    movie, start = columns(source, "viewings", "movie", "start_s")
    assert (late > 0).any()
    begun = (start - source.start_s) / 86_400 + 1
    assert (late[movie] * params.days < begun).all()


def test_some_users_and_movies_first_appear_in_the_last_fifth(make_params: MakeParams) -> None:
    user, movie, start = columns(traffic(make_params()), "viewings", "user", "movie", "start_s")
    cut = np.quantile(start, 0.8)
    assert len(np.setdiff1d(user[start >= cut], user[start < cut])) >= 5
    assert len(np.setdiff1d(movie[start >= cut], movie[start < cut])) >= 2


def test_evenings_are_busier_than_mornings(make_params: MakeParams) -> None:
    (start,) = columns(traffic(make_params()), "viewings", "start_s")
    hours = np.bincount(start // 3600 % 24, minlength=24)
    assert hours[19:23].sum() > 5 * hours[3:7].sum()


def test_recommendations_are_followed_within_the_hour_at_a_plausible_rate(
    make_params: MakeParams,
) -> None:
    params = make_params(users=600, movies=800, lines=200_000, days=20)
    asked, at_us, lists, failure = columns(
        traffic(params), "answers", "user", "at_us", "movies", "failure"
    )
    user, movie, start = columns(traffic(params), "viewings", "user", "movie", "start_s")
    hits = []
    for row in np.flatnonzero(failure < 0):
        wait = start * 1_000_000 - at_us[row]
        soon = (user == asked[row]) & (wait > 0) & (wait <= 3_600_000_000)
        hits.append(np.isin(movie[soon], lists[row]).any())
    assert 0.2 < np.mean(hits) < 0.5


def test_answers_hold_20_different_movies_but_for_a_few_shorter_ones(
    make_params: MakeParams,
) -> None:
    (lists,) = columns(traffic(make_params()), "answers", "movies")
    found = [[movie for movie in row if movie >= 0] for row in lists.tolist()]
    assert all(len(set(row)) == len(row) for row in found)
    assert max(map(len, found)) == 20
    assert np.mean([len(row) == 20 for row in found]) > 0.95


def test_more_lines_than_users_can_watch_is_an_error_that_says_so(make_params: MakeParams) -> None:
    with pytest.raises(ParameterError, match="lines = 1000000: expected at most"):
        traffic(make_params(users=1, lines=1_000_000))
