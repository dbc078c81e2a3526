"""What a model is: fitted on interactions, asked for recommendations, saved without pickle."""

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from marquee.params import TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions, UserId, UserIds


class Recommender(Protocol):
    """A fitted model. Ties, everywhere, break by movie id.

    Only what the caller names is left out of a list: a user goes on watching after the fit, and
    the caller knows all of it, the model at best a part.
    """

    name: ClassVar[str]

    @property
    def fit_on(self) -> str:
        """Which splits it was fitted on, as ``train.fit_on`` says it."""
        ...

    @property
    def user_ids(self) -> UserIds:
        """The users it knows, sorted; those whose rows teach it nothing may be missing."""
        ...

    @property
    def movie_ids(self) -> NDArray[np.str_]:
        """The catalogue: every movie of the fitted rows, sorted."""
        ...

    @classmethod
    def fit(cls, interactions: Interactions, params: TrainParams) -> Self:
        """Fit on interactions; the same input and seed give the same bytes.

        :class:`ModelError` where there is nothing to learn from.
        """
        ...

    def recommend(self, user_id: UserId, n: int, exclude: Collection[str] = ()) -> list[str]:
        """Return up to ``n`` movie ids, best first, none of ``exclude``.

        An unknown user, or one without history, gets the most popular movies. So does an id of
        another type than that of the model's users.
        """
        ...

    def recommend_many(
        self, user_ids: UserIds, n: int, exclude: Interactions | None = None
    ) -> IntArray:
        """Return [len(user_ids), n] positions in ``movie_ids``, best first, -1 where none is left.

        Each user's movies in ``exclude`` (matched by id) are left out.
        """
        ...

    def predict(self, user_ids: UserIds, movie_ids: NDArray[np.str_]) -> FloatArray | None:
        """Return the expected rating of each pair in stars; None where the model has no such.

        Of an unknown user or movie, what is known counts: the other's mean, or the mean of all.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write ``.npy`` arrays and canonical JSON."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote; arrays are memory-mapped.

        :class:`ModelError` where the folder is missing, damaged or none of this model.
        """
        ...
