"""Small interactions whose right answers are known by construction, and every way to fit them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from marquee.params import TrainParams
from marquee.tables.interactions import Interactions

NONE = float("nan")

CASES = (
    ("popularity", {}),
    ("svd", {"engine": "numba"}),
    ("svd", {"engine": "surprise"}),
    ("user_knn", {"engine": "sparse"}),
    ("user_knn", {"engine": "surprise"}),
    ("als", {}),
)
"""Each model with each of its engines."""


@dataclass(frozen=True)
class Traits:
    """What a model can do beyond what every model can."""

    predicts_stars: bool = True
    tells_users_apart: bool = True
    learns_without_ratings: bool = True
    finds_tastes_in_company: bool = True
    """Finds what users like from who else met it, though no movie is rated above another."""
    predicts_to_the_noise: bool = False


TRAITS = {
    "popularity": Traits(tells_users_apart=False, finds_tastes_in_company=False),
    "svd": Traits(
        learns_without_ratings=False, finds_tastes_in_company=False, predicts_to_the_noise=True
    ),
    "user_knn": Traits(),
    "als": Traits(predicts_stars=False),
}

_TRAIN: dict[str, Any] = {
    "model": "popularity",
    "fit_on": "train",
    "seed": 1,
    "popularity": {"count": "interactions", "half_life_days": 30, "damping": 5},
    "svd": {
        "engine": "numba",
        "factors": 10,
        "epochs": 40,
        "learning_rate": 0.02,
        "regularisation": 0.02,
        "init_std": 0.1,
    },
    "user_knn": {
        "engine": "sparse",
        "neighbours": 20,
        "shrinkage": 1,
        "smoothing": 0.5,
        "damping": 5,
    },
    "als": {"factors": 8, "iterations": 15, "regularisation": 1, "alpha": 10},
}


def make_params(model: str, *, seed: int = 1, **choices: Any) -> TrainParams:
    """Return parameters that fit ``model``, its section changed by ``choices``."""
    section = {**_TRAIN[model], **choices}
    return TrainParams.model_validate({**_TRAIN, "model": model, "seed": seed, model: section})


def name_case(case: tuple[str, dict[str, Any]]) -> str:
    """Name a model and its engine."""
    return "-".join([case[0], *case[1].values()])


def interactions(
    rows: Iterable[tuple[int, str, float] | tuple[int, str, float, int]],
) -> Interactions:
    """Make interactions of (user, movie, stars) or (user, movie, stars, minutes) rows."""
    ordered = sorted((*row, 0)[:4] for row in rows)
    users, movies, stars, minutes = zip(*ordered, strict=True) if ordered else ((), (), (), ())
    user_ids, user_idx = np.unique(np.array(users, np.int64), return_inverse=True)
    movie_ids, movie_idx = np.unique(np.array(movies, np.str_), return_inverse=True)
    return Interactions(
        user_ids=user_ids,
        movie_ids=movie_ids,
        user_idx=user_idx.astype(np.int32),
        movie_idx=movie_idx.astype(np.int32),
        rating=np.array(stars, np.float32),
        minutes=np.array(minutes, np.int32),
        at=np.zeros(len(ordered), np.int64),
    )


def checkerboard(size: int) -> Interactions:
    """Even users love even movies, odd users odd ones; each has yet to meet movie ``user``.

    Every movie is met by as many, so that popularity says nothing.
    """
    return interactions(
        (user, f"movie+{movie:03}", 5 if movie % 4 < 2 else 4)
        for user in range(size)
        for movie in range(size)
        if (user - movie) % 2 == 0 and user != movie
    )


def low_rank(
    n_users: int = 120, n_movies: int = 80, share: float = 0.5, seed: int = 3
) -> Interactions:
    """Ratings of two tastes that users have to different degrees, a bias of movies, and noise;
    one every hour.
    """
    rng = np.random.default_rng(seed)
    taste, kind = rng.normal(0, 0.7, (n_users, 2)), rng.normal(0, 0.7, (n_movies, 2))
    expected = 3 + (taste[:, None] * kind).sum(2) + rng.normal(0, 0.5, n_movies)
    stars = np.clip(np.round(2 * (expected + rng.normal(0, 0.3, expected.shape))) / 2, 0.5, 5)
    met = rng.random(expected.shape) < share
    found = interactions(
        (int(user) + 1, f"movie+{movie:03}", float(stars[user, movie]))
        for user, movie in zip(*np.nonzero(met), strict=True)
    )
    return replace(found, at=3_600_000_000 * np.arange(len(found)))


def split(whole: Interactions, every: int = 5) -> tuple[Interactions, Interactions]:
    """Hold out each ``every``-th row."""
    rows = [
        (int(whole.user_ids[user]), str(whole.movie_ids[movie]), float(stars))
        for user, movie, stars in zip(whole.user_idx, whole.movie_idx, whole.rating, strict=True)
    ]
    held_out = rows[::every]
    return interactions(row for k, row in enumerate(rows) if k % every), interactions(held_out)


def few() -> Interactions:
    """Four users and five movies, ratings and viewings; user 9 met but one movie."""
    return interactions(
        [
            (1, "alien+1979", 5, 117),
            (1, "brazil+1985", 4, 0),
            (1, "clue+1985", NONE, 40),
            (2, "alien+1979", 4, 100),
            (2, "brazil+1985", NONE, 142),
            (2, "duel+1971", 2, 30),
            (3, "alien+1979", 3, 10),
            (3, "clue+1985", 5, 94),
            (9, "elf+2003", 4, 0),
        ]
    )
