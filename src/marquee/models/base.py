"""What a model is: fitted on interactions, asked for recommendations, saved without pickle."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from marquee.models.histories import Histories
from marquee.models.reasons import Reason
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

    @property
    def weighed_by(self) -> Mapping[str, Any]:
        """What its popularity counts: ``count`` and ``half_life_days`` of the parameters."""
        ...

    @property
    def histories(self) -> Histories | None:
        """The fitted rows by user, of a model that keeps them; else they are kept beside it."""
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

    def knows(self, user_ids: UserIds) -> NDArray[np.bool_]:
        """Say whose list is their own; the others get the most popular movies."""
        ...

    def score(self, user_ids: UserIds, movie_idx: IntArray) -> FloatArray:
        """Return what :meth:`recommend_many` ranks movies by, NaN at position -1.

        ``movie_idx`` [len(user_ids), k] are positions in ``movie_ids``, and so is what is returned:
        the model's own score, for an unknown user the movie's popularity. Scores of one user can be
        compared, those of two users or two models cannot.
        """
        ...

    def reasons(self, user_id: UserId, movie: int, histories: Histories) -> list[Reason]:
        """Return what the score of the movie at a position is made of.

        ``histories`` are the fitted rows. The reasons of an unknown user are those of popularity.
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
