"""Which movies of the test count as relevant: what ``evaluate.min_relevant_rating`` asks for."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marquee.artifacts import read_json
from marquee.errors import ParameterError
from marquee.evaluation.truth import BoolArray
from marquee.events import RatingScale
from marquee.tables.interactions import FloatArray


@dataclass(frozen=True, slots=True)
class Relevance:
    """A movie is relevant when rated ``min_rating`` or above; ``label`` says so to people.

    ``min_rating`` is None where the data has no ratings: every interaction makes a movie relevant.
    """

    min_rating: float | None
    label: str

    def of(self, rating: FloatArray) -> BoolArray:
        """Say of each rating, NaN where there is none, whether it makes its movie relevant."""
        if self.min_rating is None:
            return np.ones(len(rating), np.bool_)
        return rating >= np.float32(self.min_rating)


def read_relevance(tables: Path, min_relevant_rating: float | str) -> Relevance:
    """Find the rating that ``evaluate.min_relevant_rating`` asks for on the scale of the tables.

    ``75%`` is 75 % of the way from the least rating to the greatest, or the next rating above that
    the scale has: 4 of 1 to 5, 4 of 0.5 to 5 by half steps, 8 of 1 to 10. A number is that rating;
    outside the scale it is a :class:`ParameterError`. Tables without a single rating, in whichever
    split, leave nothing to ask that of.
    """
    about = read_json(tables / "ratings.json")
    if not about["rows"]:
        return Relevance(None, "every interaction: the data has no ratings")
    scale = RatingScale(**about["scale"])
    if isinstance(min_relevant_rating, str):
        percent = float(min_relevant_rating.removesuffix("%"))
        least = _rating_at(scale, percent / 100)
    else:
        least = float(min_relevant_rating)
        _expect_on(scale, least)
        percent = 100 * (least - scale.min) / (scale.max - scale.min)
    label = f"rated {least:g} or above, {percent:.3g} % of the scale {scale.min:g} to {scale.max:g}"
    return Relevance(least, label)


def _rating_at(scale: RatingScale, share: float) -> float:
    """Return the first rating at or above a share of the scale."""
    steps = (scale.max - scale.min) / scale.step
    # Rounding hides that 0.7 of 10 steps is 7.000000000000001 of them.
    rating = scale.min + math.ceil(round(share * steps, 6)) * scale.step
    return round(rating, 2)


def _expect_on(scale: RatingScale, rating: float) -> None:
    if not scale.min <= rating <= scale.max:
        raise ParameterError(
            f"evaluate.min_relevant_rating = {rating:g}: expected a rating of the scale "
            f"{scale.min:g} to {scale.max:g}, or a share of it such as '75%'"
        )
