"""What users did in the test, seen by a catalogue: the truth that a model is judged against."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.metrics.ranking import RelevantMovies
from marquee.models.fitted import positions
from marquee.tables.interactions import FloatArray, IntArray, Interactions

BoolArray = NDArray[np.bool_]
HEADLINE = "warm"


@dataclass(frozen=True, slots=True)
class Truth:
    """Test rows beside what the model was fitted on.

    ``warm`` bool [n_users]: the user was fitted on. Row by row, ``movie_idx`` int32 is the
    position in the model's catalogue, -1 for a movie it never met; ``relevant`` bool says that
    the user liked the movie and had not met it before.
    """

    tested: Interactions
    warm: BoolArray
    movie_idx: IntArray
    relevant: BoolArray

    @property
    def n_users(self) -> int:
        """How many users have test rows."""
        return len(self.tested.user_ids)

    def slices(self) -> dict[str, BoolArray]:
        """Return the rows of each slice: the headline, the whole, and the two cold ones.

        warm, cold_user and cold_movie share the rows out between them. A cold movie is in no
        catalogue, so no model fitted on interactions alone can recommend it: it counts as missed
        in ``all``.
        """
        known, warm = self.movie_idx >= 0, self.warm[self.tested.user_idx]
        return {
            HEADLINE: known & warm,
            "all": np.ones(len(known), np.bool_),
            "cold_user": known & ~warm,
            "cold_movie": ~known,
        }

    def users_of(self, rows: BoolArray) -> IntArray:
        """Return the positions of users who have any of ``rows``, ascending."""
        return np.unique(self.tested.user_idx[rows])

    def count_relevant(self, rows: BoolArray) -> NDArray[np.int64]:
        """Return how many of ``rows`` are relevant to each user, [n_users]."""
        return np.bincount(self.tested.user_idx[rows & self.relevant], minlength=self.n_users)

    def relevant_movies(self, rows: BoolArray) -> RelevantMovies:
        """Return each user's relevant movies among ``rows`` that the catalogue has."""
        found = rows & self.relevant & (self.movie_idx >= 0)
        counts = np.bincount(self.tested.user_idx[found], minlength=self.n_users)
        return RelevantMovies(np.concatenate([[0], np.cumsum(counts)]), self.movie_idx[found])


def find_truth(
    tested: Interactions, fitted: Interactions, is_relevant: Callable[[FloatArray], BoolArray]
) -> Truth:
    """Set test rows against the interactions that a model was fitted on.

    ``is_relevant`` says of ratings, NaN where there is none, which make a movie relevant to a user
    who had not met it before.
    """
    user_idx = positions(fitted.user_ids, tested.user_ids)
    movie_idx = positions(fitted.movie_ids, tested.movie_ids)[tested.movie_idx]
    width = len(fitted.movie_ids)
    met = fitted.user_idx.astype(np.int64) * width + fitted.movie_idx
    asked = user_idx[tested.user_idx].astype(np.int64) * width + movie_idx
    again = np.isin(asked, met) & (user_idx[tested.user_idx] >= 0) & (movie_idx >= 0)
    return Truth(
        tested=tested,
        warm=user_idx >= 0,
        movie_idx=movie_idx,
        relevant=is_relevant(tested.rating) & ~again,
    )
