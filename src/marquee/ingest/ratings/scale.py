"""The scale of ratings that a table holds."""

import math
from collections.abc import Iterable

from marquee.events import RatingScale


def scale_of(hundredths: Iterable[int]) -> RatingScale:
    """Return the scale of the lowest, the highest, and the largest step on which all values lie.

    Values are in hundredths. One value alone is the top of a scale from 0; 0 alone, and no value
    at all, give 0 to 1.
    """
    values = sorted(set(hundredths))
    if len(values) < 2:
        top = (values[0] if values else 0) or 100
        values = [0, top]
    low, high = values[0], values[-1]
    step = math.gcd(*(value - low for value in values[1:]))
    return RatingScale(low / 100, high / 100, step / 100)
