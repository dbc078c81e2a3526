"""Which users and movies of train there is enough to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.errors import DataError
from marquee.params import CleanParams
from marquee.tables.feedback import UNRATED, Feedback
from marquee.tables.quality import rounded


@dataclass(frozen=True, slots=True)
class Count:
    """How many there were, and how many of them the filters dropped."""

    before: int
    dropped: int

    @property
    def share(self) -> float:
        """The share that was dropped."""
        return self.dropped / self.before


@dataclass(frozen=True, slots=True)
class Filtered:
    """What is left of train; ``counts`` are those of (user, movie) pairs, users and movies."""

    feedback: Feedback
    counts: Mapping[str, Count]

    @property
    def report(self) -> dict[str, dict[str, float]]:
        """The counts as the stage reports them."""
        return {
            noun: {"before": of.before, "dropped": of.dropped, "share": rounded(of.share)}
            for noun, of in self.counts.items()
        }


def filter_train(train: Feedback, params: CleanParams) -> Filtered:
    """Keep the users and movies of ``train`` that have enough of it, to a fixed point.

    An interaction is a (user, movie) pair, rated, watched or both, how often ever; a rating is a
    pair that was rated. Dropping a movie may leave a user with too few, and so on: it is repeated
    until no filter drops any.

    The filters learn from train alone, and train alone loses rows. Validation and test stay whole,
    so whoever is dropped is a cold user there, or a cold movie, and no filter makes the test
    easier. A model with ``train.fit_on: train+validation`` is therefore fitted on validation as it
    is: it knows a user who was dropped, and returned, by the rows of validation. Filters that also
    counted validation would let the rows that judge a tuning run decide what it is trained on;
    filters that dropped its rows by train's counts would keep the newest users and movies from the
    model that test judges.

    :class:`DataError` where more pairs than ``max_filtered_share`` are dropped, or fewer than two
    users or two movies are left.
    """
    found = _keep_active(train, params)
    if found.counts["pairs"].share > params.max_filtered_share:
        raise DataError(
            f"the filters drop {describe(found.report)}, more pairs than "
            f"clean.max_filtered_share = {params.max_filtered_share:g}: lower {_settings(params)}, "
            "or raise clean.max_filtered_share"
        )
    _expect_two(found, params)
    return found


def describe(report: Mapping[str, Mapping[str, float]]) -> str:
    """Say what a report tells: ``30 of 100 pairs (30.00%), 2 of 8 users (25.00%) and …``."""
    pairs, users, movies = (
        f"{found['dropped']:,} of {found['before']:,} {noun} ({found['share']:.2%})"
        for noun, found in ((noun, report[noun]) for noun in ("pairs", "users", "movies"))
    )
    return f"{pairs}, {users} and {movies} of train"


def _keep_active(train: Feedback, params: CleanParams) -> Filtered:
    first = train.first_of_pair()
    pair = np.cumsum(first) - 1
    user = np.cumsum(np.diff(train.user_id, prepend=-1) != 0)[first] - 1
    movie = train.movie[first]
    every = np.ones(len(user), np.bool_)
    rated = np.bincount(pair[train.rating != UNRATED], minlength=len(user)) > 0
    keep, kept_before = every, -1
    while kept_before != np.count_nonzero(keep):
        kept_before = int(np.count_nonzero(keep))
        for members, counted, least in (
            (user, every, params.min_interactions_per_user),
            (movie, every, params.min_interactions_per_movie),
            (user, rated, params.min_ratings_per_user),
            (movie, rated, params.min_ratings_per_movie),
        ):
            keep = keep & (_count(members, keep & counted) >= least)
    sizes = {"pairs": np.arange(len(user)), "users": user, "movies": movie}
    counts = {noun: _dropped(members, keep) for noun, members in sizes.items()}
    return Filtered(train.take(keep[pair]), counts)


def _count(members: NDArray[np.integer], counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return, row by row, how many counted rows its member has."""
    counts = np.bincount(members[counted], minlength=members.max(initial=0) + 1)
    return np.take(counts, members)


def _dropped(members: NDArray[np.integer], keep: NDArray[np.bool_]) -> Count:
    before = len(np.unique(members))
    return Count(before, before - len(np.unique(members[keep])))


def _settings(params: CleanParams) -> str:
    """Name the filters that are on, with their values."""
    off = {"min_interactions": 1, "min_ratings": 0}
    names = [f"{kind}_per_{noun}" for kind in off for noun in ("user", "movie")]
    on = [name for name in names if getattr(params, name) > off[name.partition("_per_")[0]]]
    return ", ".join(f"clean.{name} = {getattr(params, name)}" for name in on)


def _expect_two(found: Filtered, params: CleanParams) -> None:
    lower = f"lower {settings} or " if (settings := _settings(params)) else ""
    for noun in ("users", "movies"):
        left = found.counts[noun].before - found.counts[noun].dropped
        if left < 2:
            raise DataError(
                f"the number of {noun} in train is {left}, expected at least 2: {lower}give a "
                "longer log"
            )
