"""Most interacted first: what every other model has to beat, and falls back to."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from marquee.models.fitted import Fitted, common, positions
from marquee.models.kernels.ranking import LeftOut, rank_popular
from marquee.models.ratings import damped_means, lookup
from marquee.params import TrainParams
from marquee.tables.interactions import FloatArray, IntArray, Interactions, UserIds


@dataclass(frozen=True, kw_only=True, eq=False)
class Popularity(Fitted):
    """The same list for everyone; predicts a movie's mean rating, damped towards the mean of all.

    ``movie_offset`` [n_movies] is in stars above ``mean``; empty without any rating.
    """

    name: ClassVar[str] = "popularity"
    mean: float
    movie_offset: FloatArray

    @classmethod
    def fit(cls, interactions: Interactions, params: TrainParams) -> Self:
        """Count rows and average ratings."""
        means = damped_means(interactions, params.popularity.damping)
        rated = not np.isnan(interactions.rating).all()
        return cls(
            **common(cls.name, interactions, params),
            mean=means.overall,
            movie_offset=means.movie if rated else means.movie[:0],
        )

    def predict(
        self,
        user_ids: UserIds,  # noqa: ARG002
        movie_ids: NDArray[np.str_],
    ) -> FloatArray | None:
        """Return each movie's damped mean, the same for every user; None without any rating."""
        if not len(self.movie_offset):
            return None
        offset = lookup(self.movie_offset, positions(self.movie_ids, movie_ids))
        return np.float32(self.mean) + offset

    def _rank(self, users: IntArray, left_out: LeftOut, best: IntArray) -> None:  # noqa: ARG002
        rank_popular(self.popularity, left_out, best)
