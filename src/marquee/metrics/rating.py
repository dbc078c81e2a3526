"""How far predicted ratings are from those that were given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ModelError
from marquee.metrics.ratio import ratio

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RatingErrors:
    """The errors of each user's ratings, summed: float64 [n_users] each.

    ``ratings`` counts them, ``squared`` is in stars², ``absolute`` in stars. Sums, unlike means,
    add up over any set of users, a resampled one included.
    """

    ratings: FloatArray
    squared: FloatArray
    absolute: FloatArray


def sum_errors(
    user_idx: NDArray[np.int32], n_users: int, given: ArrayLike, predicted: ArrayLike
) -> RatingErrors:
    """Sum the errors of ``predicted`` by user; a rating that was not given (NaN) is left out.

    A user without ratings has sums of zero. A prediction of a given rating that is no finite number
    is a :class:`ModelError`: leaving it out would reward whoever does not answer.
    """
    given = np.asarray(given, np.float64)
    kept = ~np.isnan(given)
    users, error = user_idx[kept], np.asarray(predicted, np.float64)[kept] - given[kept]
    if wrong := int((~np.isfinite(error)).sum()):
        raise ModelError(
            f"predicted ratings: {wrong} of {len(error)} are not finite, expected stars for each"
        )

    def summed(values: FloatArray) -> FloatArray:
        return np.bincount(users, values, minlength=n_users).astype(np.float64)

    return RatingErrors(summed(np.ones(len(error))), summed(error * error), summed(np.abs(error)))


def rmse(errors: RatingErrors) -> float:
    """Return the root mean squared error over ratings (micro), in stars; NaN without ratings."""
    return float(np.sqrt(ratio(errors.squared.sum(), errors.ratings.sum())))


def mae(errors: RatingErrors) -> float:
    """Return the mean absolute error over ratings (micro), in stars; NaN without ratings."""
    return float(ratio(errors.absolute.sum(), errors.ratings.sum()))


def rmse_per_user(errors: RatingErrors) -> FloatArray:
    """Return each user's own RMSE, [n_users]; NaN for a user without ratings.

    Its mean over users counts every user once, however much they rated.
    """
    return np.sqrt(ratio(errors.squared, errors.ratings))


def mae_per_user(errors: RatingErrors) -> FloatArray:
    """Return each user's own MAE, [n_users]; NaN for a user without ratings."""
    return ratio(errors.absolute, errors.ratings)
