"""Division that has an answer for nothing out of nothing: NaN."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ratio(total: ArrayLike, count: ArrayLike) -> NDArray[np.float64]:
    """Return ``total / count``, broadcast; NaN where ``count`` is zero."""
    total, count = np.asarray(total, np.float64), np.asarray(count, np.float64)
    quotient = np.full(np.broadcast(total, count).shape, np.nan)
    np.divide(total, count, out=quotient, where=count != 0)
    return quotient
