"""A few users' lists, for people to look at: the most and the least active, and one between."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marquee.evaluation.audience import Audience
from marquee.models.catalogue import Catalogue, Movie
from marquee.models.fitted import positions


@dataclass(frozen=True, slots=True)
class ExampleList:
    """What one user was recommended, best first, and how many movies the user met before."""

    user_id: int | str
    met: int
    movies: Sequence[Movie]


def choose_lists(audience: Audience, catalogue: Catalogue) -> list[ExampleList]:
    """Return the lists of the warm users who met the most movies, the median and the fewest.

    Of users who met as many, the first by id is the more active one. Fewer than three users give
    as many lists. ``catalogue`` has the movies of the audience's fitted rows.
    """
    met = np.bincount(audience.fitted.user_idx)
    met = met[positions(audience.fitted.user_ids, audience.user_ids)]
    by_activity = np.argsort(-met, kind="stable")
    chosen = by_activity[[0, len(by_activity) // 2, -1]].tolist()
    return [
        ExampleList(
            user_id=audience.user_ids[user].item(),
            met=int(met[user]),
            movies=[catalogue[movie] for movie in audience.ranked[user].tolist() if movie >= 0],
        )
        for user in dict.fromkeys(chosen)
    ]
