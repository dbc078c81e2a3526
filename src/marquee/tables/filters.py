"""Which users and movies there is enough to learn from."""

import numpy as np

from marquee.errors import DataError
from marquee.tables.feedback import Feedback


def keep_active(feedback: Feedback, *, per_user: int, per_movie: int) -> Feedback:
    """Keep users with ``per_user`` movies and movies with ``per_movie`` users, to a fixed point.

    A movie counts once for a user, whether rated, watched or both, how often ever. Dropping a
    movie may leave a user with too few, and so on: it is repeated until neither drops any.
    :class:`DataError` where fewer than two users or two movies are left.
    """
    first = feedback.first_of_pair()
    users = np.cumsum(np.diff(feedback.user_id, prepend=-1) != 0) - 1
    pairs = (users[first], per_user), (feedback.movie[first], per_movie)
    keep, kept_before = np.ones(np.count_nonzero(first), dtype=np.bool_), -1
    while kept_before != np.count_nonzero(keep):
        kept_before = int(np.count_nonzero(keep))
        for members, least in pairs:
            counts = np.bincount(members[keep], minlength=members.max(initial=0) + 1)
            keep &= counts[members] >= least
    kept = feedback.take(keep[np.cumsum(first) - 1])
    _expect_two(kept, per_user, per_movie)
    return kept


def _expect_two(feedback: Feedback, per_user: int, per_movie: int) -> None:
    remedy = (
        f"after clean.min_ratings_per_user = {per_user} and min_ratings_per_movie = {per_movie}: "
        "lower them or give a longer log"
    )
    if len(feedback) == 0:
        raise DataError(f"no ratings or viewings are left {remedy}")
    for noun, values in (("user", feedback.user_id), ("movie", feedback.movie)):
        if np.all(values == values[0]):
            raise DataError(f"only one {noun} is left, expected at least 2, {remedy}")
