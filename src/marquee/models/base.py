"""What a model is: fitted on interactions, asked for recommendations, saved without pickle."""

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from marquee.params import TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions


class Recommender(Protocol):
    """A fitted model. Ties, everywhere, break by movie id."""

    name: ClassVar[str]
    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.str_]

    @classmethod
    def fit(cls, interactions: Interactions, params: TrainParams) -> Self:
        """Fit on interactions; the same input and seed give the same bytes."""
        ...

    def recommend(self, user_id: int, n: int, exclude: Collection[str] = ()) -> list[str]:
        """Return up to ``n`` movie ids, best first, none of ``exclude``.

        An unknown user, or one without history, gets the most popular movies.
        """
        ...

    def recommend_many(
        self, user_ids: NDArray[np.int64], n: int, exclude: Interactions | None = None
    ) -> IntArray:
        """Return [len(user_ids), n] positions in ``movie_ids``, best first, -1 where none is left.

        Each user's movies in ``exclude`` (matched by id) are left out.
        """
        ...

    def predict(
        self, user_ids: NDArray[np.int64], movie_ids: NDArray[np.str_]
    ) -> FloatArray | None:
        """Return the expected rating of each pair in stars; None where the model has no such."""
        ...

    def save(self, folder: Path) -> None:
        """Write ``.npy`` arrays and canonical JSON."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote; arrays are memory-mapped."""
        ...
