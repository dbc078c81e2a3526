"""Ratings to measure models on: 1.9 million, long-tailed, of low rank with noise; seeded."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from surprise import Dataset, Reader, Trainset

from marquee.models.ratings import Ratings
from marquee.params import PopularityParams, SvdParams, TrainParams, load_params
from marquee.tables.interactions import Interactions

USERS, MOVIES, RATINGS, HELD_OUT = 60_000, 10_000, 1_900_000, 100_000
RANK = 10
ROOT = Path(__file__).resolve().parent.parent


def make_ratings() -> tuple[Interactions, Ratings]:
    """Return the ratings to fit on and others to judge by."""
    rng = np.random.default_rng(1)
    pairs = _draw_pairs(rng, RATINGS + HELD_OUT)
    users, movies = (part.astype(np.int32) for part in np.divmod(pairs, MOVIES))
    stars = _rate(rng, users, movies)
    held_out = np.zeros(len(pairs), bool)
    held_out[rng.choice(len(pairs), HELD_OUT, replace=False)] = True
    fitted = ~held_out
    ids = np.arange(USERS), np.array([f"movie+{movie:05}" for movie in range(MOVIES)])
    blank = np.zeros(RATINGS, np.int64)
    return (
        Interactions(
            *ids, users[fitted], movies[fitted], stars[fitted], blank.astype(np.int32), blank
        ),
        Ratings(users[held_out], movies[held_out], stars[held_out]),
    )


def _draw_pairs(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    """Draw ``n`` different pairs, as few users and movies have many as on a real platform."""
    activity = rng.pareto(1.3, USERS) + 1
    popularity = rng.permutation(1 / (np.arange(MOVIES) + 20.0) ** 0.9)
    users = rng.choice(USERS, 2 * n, p=activity / activity.sum())
    movies = rng.choice(MOVIES, 2 * n, p=popularity / popularity.sum())
    drawn = np.unique(users * MOVIES + movies)
    return np.sort(rng.choice(drawn, n, replace=False))


def _rate(
    rng: np.random.Generator, users: NDArray[np.int64], movies: NDArray[np.int64]
) -> NDArray[np.float32]:
    tastes, kinds = rng.normal(0, 0.25, (USERS, RANK)), rng.normal(0, 0.6, (MOVIES, RANK))
    mood, quality = rng.normal(0, 0.4, USERS), rng.normal(0, 0.4, MOVIES)
    expected = 3.5 + mood[users] + quality[movies] + (tastes[users] * kinds[movies]).sum(axis=1)
    noisy = expected + rng.normal(0, 0.75, len(users))
    return np.clip(np.round(2 * noisy) / 2, 0.5, 5).astype(np.float32)


def to_surprise(data: Interactions) -> Trainset:
    """Load ratings, in the order of their rows, as Surprise's documentation does."""
    columns = {
        "user": data.user_ids[data.user_idx],
        "movie": data.movie_ids[data.movie_idx],
        "stars": data.rating.astype(float),
    }
    reader = Reader(rating_scale=(0.5, 5))
    return Dataset.load_from_df(pd.DataFrame(columns), reader).build_full_trainset()


def svd_params(engine: str, epochs: int) -> TrainParams:
    """Return the parameters that both engines are measured with.

    The fallback for unknown users is by plain counts, as Surprise fits none at all.
    """
    svd = SvdParams(
        engine=engine,
        factors=100,
        epochs=epochs,
        learning_rate=0.005,
        regularisation=0.02,
        init_std=0.1,
    )
    train = load_params(ROOT / "params.yaml").train
    counted = PopularityParams(count="interactions", half_life_days=None, damping=0)
    return train.model_copy(update={"model": "svd", "svd": svd, "popularity": counted})
