"""What there is to say of a fit, the same on every machine."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from marquee.models.base import Recommender
from marquee.models.ratings import rated
from marquee.tables.interactions import Interactions

_MOST_PREDICTED = 100_000


def report_fit(
    model: Recommender, interactions: Interactions, config: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the metrics of a model fitted on ``interactions`` and saved with ``config``.

    ``fitted_rmse`` is over at most 100,000 of the fitted ratings, evenly spaced; None where there
    are none or the model predicts none. ``parameters`` counts the floating-point numbers it keeps.
    """
    arrays = config["arrays"].values()
    return {
        "model": model.name,
        "fit_on": model.fit_on,
        "rows": len(interactions),
        "ratings": int((~np.isnan(interactions.rating)).sum()),
        "users": len(interactions.user_ids),
        "movies": len(interactions.movie_ids),
        "parameters": sum(math.prod(array["shape"]) for array in arrays if "f" in array["dtype"]),
        "fitted_rmse": _fitted_rmse(model, interactions),
    }


def _fitted_rmse(model: Recommender, interactions: Interactions) -> float | None:
    ratings = rated(interactions)
    ratings = ratings.at(slice(None, None, -(-len(ratings.stars) // _MOST_PREDICTED) or 1))
    stars = model.predict(
        interactions.user_ids[ratings.users], interactions.movie_ids[ratings.movies]
    )
    if stars is None or not len(stars):
        return None
    errors = (stars - ratings.stars).astype(np.float64)
    return round(math.sqrt(float((errors * errors).mean())), 6)
