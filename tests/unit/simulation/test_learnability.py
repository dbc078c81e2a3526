"""The log holds something to learn, and the truth says how much."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.events import RatingScale
from marquee.params import SimulatorParams
from marquee.simulation.exact import FloatArray
from marquee.simulation.movies import make_catalogue
from marquee.simulation.tastes import Preferences
from marquee.simulation.traffic import Traffic
from marquee.simulation.users import males

N = 10
DISCOUNTS = 1 / np.log2(np.arange(N) + 2)


@dataclass(frozen=True)
class World:
    truth: Preferences
    watched: NDArray[np.int64]  # [rows, 2]: user, movie; before the cut
    rated: NDArray[np.int64]  # [rows, 3]: user, movie, rating; before the cut
    later: NDArray[np.int64]  # the same, after it
    ids: NDArray[np.str_]

    @property
    def seen(self) -> NDArray[np.bool_]:
        table = np.zeros((int(self.watched[:, 0].max()) + 1, len(self.ids)), dtype=bool)
        table[self.watched[:, 0], self.watched[:, 1]] = True
        return table


@pytest.fixture(scope="module")
def world(make_params: Callable[..., SimulatorParams]) -> World:
    params = make_params(users=1_000, movies=600, lines=600_000, days=60, seed=1)
    truth = Preferences(make_catalogue(params.seed, params.movies, 2025), RatingScale())
    traffic = Traffic(params, truth)
    cut = traffic.start_s + int(0.8 * params.days) * 86_400
    days = [traffic.day(day) for day in range(params.days)]
    viewings = [v for day in days for v in day.viewings]
    ratings = [r for day in days for r in day.rated]
    watched = np.concatenate([np.column_stack((v.user, v.movie, v.start_s)) for v in viewings])
    rated = np.concatenate(
        [np.column_stack((r.user, r.movie, r.value.astype(int), r.at_s)) for r in ratings]
    )
    early = rated[:, 3] < cut
    return World(
        truth,
        watched[watched[:, 2] < cut, :2],
        rated[early, :3],
        rated[~early, :3],
        np.array(truth.catalogue.ids),
    )


@pytest.fixture(scope="module")
def relevant(world: World) -> NDArray[np.bool_]:
    """[n_users, n_movies]: rated 4 or more after the cut, not seen before it."""
    table = np.zeros_like(world.seen)
    liked = world.later[(world.later[:, 2] >= 4) & (world.later[:, 0] < len(table))]
    table[liked[:, 0], liked[:, 1]] = True
    return table & ~world.seen


def ndcg(scores: FloatArray, world: World, relevant: NDArray[np.bool_]) -> FloatArray:
    """NDCG@10 of every user who was there before the cut and liked something new after it."""
    users = np.flatnonzero(world.seen.any(axis=1) & relevant.any(axis=1))
    hidden = np.where(world.seen, -np.inf, scores)[users]
    top = np.argsort(-hidden, axis=1, kind="stable")[:, :N]
    gain = (np.take_along_axis(relevant[users], top, axis=1) * DISCOUNTS).sum(axis=1)
    best = np.cumsum(DISCOUNTS)[np.minimum(relevant[users].sum(axis=1), N) - 1]
    return gain / best


def popularity(world: World) -> FloatArray:
    return np.tile(world.seen.sum(axis=0, dtype=float), (len(world.seen), 1))


def neighbours(world: World, n: int = 50) -> FloatArray:
    """What the ``n`` users most alike by cosine have watched."""
    table = world.seen.astype(float)
    table /= np.maximum(np.sqrt(table.sum(axis=1, keepdims=True)), 1)
    alike = table @ table.T
    np.fill_diagonal(alike, 0)
    alike[alike < np.sort(alike, axis=1)[:, -n, None]] = 0
    return alike @ world.seen


def oracle(world: World) -> FloatArray:
    """The chance that each user picks each movie, and likes it."""
    users = np.arange(len(world.seen))
    likes = world.truth.chance_of_rating(
        np.repeat(users, len(world.ids)), np.tile(world.ids, len(users)), 4
    )
    return world.truth.choice(users) * likes.reshape(len(users), -1)


def low_and_high(difference: FloatArray) -> tuple[float, float]:
    rng = np.random.default_rng(1)
    means = [rng.choice(difference, len(difference)).mean() for _ in range(1_000)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def test_many_warm_users_like_something_new(world: World, relevant: NDArray[np.bool_]) -> None:
    assert len(ndcg(popularity(world), world, relevant)) >= 300


def test_neighbours_rank_better_than_popularity(world: World, relevant: NDArray[np.bool_]) -> None:
    gain = ndcg(neighbours(world), world, relevant) - ndcg(popularity(world), world, relevant)
    low, _ = low_and_high(gain)
    assert low > 0.02


def test_nobody_ranks_better_than_the_truth(world: World, relevant: NDArray[np.bool_]) -> None:
    gap = ndcg(oracle(world), world, relevant) - ndcg(neighbours(world), world, relevant)
    low, _ = low_and_high(gap)
    assert low > 0


def rmse(predicted: FloatArray | float, rows: NDArray[np.int64]) -> float:
    return float(np.sqrt(np.mean((predicted - rows[:, 2]) ** 2)))


def means(world: World, damping: float = 5) -> FloatArray:
    """Predict by damped means of movies, then of users, fitted before the cut."""
    n_users, mean = int(world.later[:, 0].max()) + 1, world.rated[:, 2].mean()
    rows = world.rated[world.rated[:, 0] < n_users]
    rest = rows[:, 2] - mean
    movie = np.zeros(len(world.ids))
    user = np.zeros(n_users)
    for _ in range(10):
        for bias, other, own, cross in ((movie, user, 1, 0), (user, movie, 0, 1)):
            total = np.bincount(rows[:, own], rest - other[rows[:, cross]], len(bias))
            bias[:] = total / (np.bincount(rows[:, own], minlength=len(bias)) + damping)
    return mean + movie[world.later[:, 1]] + user[world.later[:, 0]]


def test_rating_errors_are_as_in_the_real_scenario(world: World) -> None:
    truth = world.truth.expected_rating(world.later[:, 0], world.ids[world.later[:, 1]])
    assert 0.50 < rmse(truth, world.later) < 0.62
    assert 0.64 < rmse(means(world), world.later) < 0.75
    assert 0.78 < rmse(float(world.rated[:, 2].mean()), world.later) < 0.86


def test_expected_ratings_are_right_on_average(world: World) -> None:
    rows = np.concatenate((world.rated, world.later))
    truth = world.truth.expected_rating(rows[:, 0], world.ids[rows[:, 1]])
    for group in np.array_split(np.argsort(truth), 5):
        assert abs(truth[group].mean() - rows[group, 2].mean()) < 0.05


def test_chances_of_a_rating_add_up(world: World) -> None:
    users, movies = np.arange(1, 51), world.ids[:50]
    chances = [world.truth.chance_of_rating(users, movies, at_least) for at_least in range(1, 7)]
    np.testing.assert_allclose(chances[0], 1)
    np.testing.assert_allclose(chances[5], 0, atol=1e-11)
    np.testing.assert_allclose(
        1 + sum(chances[1:5]), world.truth.expected_rating(users, movies), rtol=1e-9
    )


def test_choices_are_distributed_as_the_truth_says(world: World) -> None:
    users = np.full(200_000, 5)
    tastes = world.truth.tastes(users[:1])
    moods = np.repeat(world.truth.moods(tastes), len(users), axis=0)
    rng = np.random.default_rng(1)
    drawn = world.truth.draw(moods, rng.random((len(users), 1)), rng.random((len(users), 1)))
    shares = np.bincount(drawn[:, 0], minlength=len(world.ids)) / len(users)
    np.testing.assert_allclose(shares, world.truth.choice(users[:1])[0], atol=0.003)


def test_what_women_choose_is_harder_to_foresee(world: World) -> None:
    users = np.arange(1, 1_001)
    likeliest = np.sort(world.truth.choice(users), axis=1)[:, -N:].sum(axis=1)
    male = males(1, users)
    assert likeliest[~male].mean() < 0.9 * likeliest[male].mean()


def test_the_catalogue_has_most_movies_for_what_men_prefer(world: World) -> None:
    users = np.arange(1, 5_001)
    tastes, male = world.truth.tastes(users), males(1, users)
    preferred = tastes[male].mean(axis=0) - tastes[~male].mean(axis=0)
    n_movies = np.bincount(world.truth.catalogue.main, minlength=len(preferred))
    assert np.corrcoef(preferred, n_movies)[0, 1] > 0.3
