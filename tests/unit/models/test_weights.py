"""What interactions count towards popularity."""

from dataclasses import replace

import numpy as np
import pytest

from marquee.models.weights import weigh_movies
from marquee.params import PopularityParams
from marquee.tables.interactions import FloatArray, Interactions

from .examples import NONE, interactions, low_rank

DAY = 86_400_000_000
NOW = 1_700_000_000_000_000


def weights(data: Interactions, count: str = "interactions", half_life: float | None = None):
    chosen = {"count": count, "half_life_days": half_life, "damping": 0}
    return weigh_movies(data, PopularityParams.model_validate(chosen))


def aged(*ages_in_days: float) -> Interactions:
    """Each user met a movie of its own, so long ago."""
    rows = [(user, f"m{user:03}+1999", 4) for user in range(len(ages_in_days))]
    at = np.array([NOW - round(age * DAY) for age in ages_in_days])
    return replace(interactions(rows), at=at)


def order(weighed: FloatArray) -> list[int]:
    return np.argsort(-weighed, kind="stable").tolist()


def test_without_half_life_each_interaction_counts_one() -> None:
    data = low_rank()

    assert (weights(data) == np.bincount(data.movie_idx)).all()


def test_a_weight_halves_every_half_life_before_the_last_event() -> None:
    assert weights(aged(0, 30, 60, 300), half_life=30).tolist() == [1, 1 / 2, 1 / 4, 2**-10]


@pytest.mark.parametrize("half_life", [0.001, 0.3, 7, 30, 36_500])
def test_between_half_lives_a_weight_is_the_power_of_two_to_a_step(half_life: float) -> None:
    ages = np.linspace(0, 5 * half_life, 500)

    weighed = weights(aged(*ages), half_life=half_life)

    assert (np.diff(weighed) <= 0).all()
    np.testing.assert_allclose(weighed, 2.0 ** (-ages / half_life), rtol=1e-3)


def test_events_of_one_instant_do_not_decay() -> None:
    data = replace(low_rank(), at=np.full(len(low_rank()), NOW))

    assert (weights(data, half_life=1) == weights(data)).all()


def test_what_is_very_old_still_ranks_by_how_many_met_it() -> None:
    rows = [(1, "new+2020", 4), *((user, "old+1990", 4) for user in range(3)), (9, "rare+1990", 4)]
    data = interactions(rows)
    data = replace(data, at=np.where(data.movie_idx == 0, NOW, NOW - 20_000 * DAY))

    new, old, rare = weights(data, half_life=1)

    assert new > old > rare > 0


def test_one_date_far_in_the_future_leaves_the_others_in_order() -> None:
    data = low_rank()
    at = data.at.copy()
    at[0] += 100_000 * DAY

    weighed = weights(replace(data, at=at), half_life=1)

    others = np.delete(weighed, data.movie_idx[0])
    assert order(others) == order(np.delete(weights(data), data.movie_idx[0]))


def test_a_well_rated_movie_outweighs_one_that_more_met_and_disliked() -> None:
    rows = [(user, "bad+2000", 1) for user in range(5)] + [
        (user, "good+2000", 5) for user in (7, 8)
    ]

    bad, good = weights(interactions(rows), count="liked")

    assert good > bad


def test_without_any_rating_the_liked_rank_by_count() -> None:
    data = low_rank()
    watched = replace(data, rating=np.full(len(data), NONE, np.float32))

    assert order(weights(watched, count="liked")) == order(weights(watched))
