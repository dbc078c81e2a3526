"""Why a movie is recommended: what its score is made of, one shape for all models."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from marquee.tables.interactions import IntArray

Kind = Literal[
    "popularity", "neighbours", "average", "history", "rest", "mean", "user", "movie", "taste",
    "similar",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for a movie (or against it, where ``value`` is negative).

    What ``value`` means depends on ``kind``:

    - ``popularity``: the whole score, of who gets the most popular movies; ``users`` met it, and
      each counts as ``train.popularity`` says.
    - ``neighbours``, ``average``: the score of user_knn in two parts, the votes of the nearest
      users, of whom ``users`` met it, and those of the average user.
    - ``history``: what a movie that the user met, at position ``movie``, adds to the score: of
      user_knn these add up to ``neighbours``, of als with ``rest`` to the score.
    - ``rest``: the part of an als score that the history does not account for.
    - ``mean``, ``user``, ``movie``, ``taste``: the expected rating of svd in stars, as it is before
      it is cut to the scale. The score is ``movie`` + ``taste``: the others are the same for all
      movies of a user.
    - ``similar``: how close a movie that the user met is by its factors: their cosine.
    """

    kind: Kind
    value: float
    movie: int | None = None
    users: int | None = None


def of_movies(kind: Kind, movies: IntArray, values: NDArray[np.floating]) -> list[Reason]:
    """Return a reason a movie, greatest first, equal ones by position; values of 0 are left out."""
    order = np.argsort(-values, kind="stable")
    return [
        Reason(kind, float(values[at]), movie=int(movies[at])) for at in order if values[at] != 0
    ]
