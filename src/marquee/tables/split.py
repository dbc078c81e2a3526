"""Train, validation and test: cut so that the report can say what was known when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from marquee.errors import DataError, ParameterError
from marquee.params import SplitParams
from marquee.tables.feedback import Feedback
from marquee.tables.kernels import order_by

SPLITS = ("train", "validation", "test")
_TRAIN, _VALIDATION, _TEST = range(3)
_WITHOUT_TIMES = ("random", "leave_out")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Split:
    """Of each event the position of its split in ``SPLITS``, and a sentence for reports.

    ``cuts`` are the first instants of validation and test in microseconds since 1970, where the
    split is global in time.
    """

    part: NDArray[np.int8]
    label: str
    cuts: tuple[int, int] | None = None
    fold: int | None = None


def split(feedback: Feedback, params: SplitParams) -> Split:
    """Share events out. :class:`DataError` where a split that has a share stays empty."""
    result = _METHODS[params.method](feedback, params)
    for part, name in ((_TRAIN, "train"), (_TEST, "test"), (_VALIDATION, "validation")):
        wanted = part != _VALIDATION or params.validation > 0
        if wanted and not np.any(result.part == part):
            raise DataError(
                f"the {params.method} split leaves no {name} rows of {len(feedback)}: change "
                f"clean.split (validation {params.validation:g}, test {params.test:g}) or give "
                "a log of more users, movies and days"
            )
    return result


def expect_times(params: SplitParams) -> None:
    """Raise :class:`ParameterError` where data without times cannot be split so."""
    if params.method not in _WITHOUT_TIMES:
        raise ParameterError(
            f"clean.split.method = {params.method}: the data has no times, so nothing of it is "
            f"first or last; expected {' or '.join(_WITHOUT_TIMES)}"
        )


def _temporal(feedback: Feedback, params: SplitParams) -> Split:
    """Cut at two instants; events at the same instant stay together, in the later split."""
    at = np.sort(feedback.at)
    test = int(at[_count(len(at), 1 - params.test)])
    validation = int(at[_count(len(at), 1 - params.test - params.validation)])
    part = (feedback.at >= validation).astype(np.int8) + (feedback.at >= test)
    label = (
        f"global temporal split: train before {instant(validation)}, validation from then, "
        f"test from {instant(test)}"
    )
    return Split(part.astype(np.int8), label, cuts=(validation, test))


def _count(rows: int, share: float) -> int:
    """Return a share of the rows, at most the last one; rounding hides that 1 - 0.2 - 0.1 < 0.7."""
    return min(int(round(rows * share, 6)), rows - 1)


def _per_user(feedback: Feedback, params: SplitParams) -> Split:
    """Give the movies each user met last to test; all events of a (user, movie) go together."""
    label = (
        f"per-user temporal split: of each user's movies the last {params.test:.0%} to test and "
        f"the {params.validation:.0%} before them to validation; not the headline"
    )
    return Split(_last_of_users(feedback, params, lambda pairs: pairs.at), label)


def _leave_out(feedback: Feedback, params: SplitParams) -> Split:
    """Deal the movies of each user out at random; all events of a (user, movie) go together."""
    label = (
        f"leave-out split: of each user's movies {params.test:.0%} at random to test and "
        f"{params.validation:.0%} to validation, whatever their time: it lets models see the "
        "future; not the headline"
    )
    rng = np.random.default_rng(params.seed)
    return Split(_last_of_users(feedback, params, lambda pairs: rng.permutation(len(pairs))), label)


def _last_of_users(
    feedback: Feedback, params: SplitParams, when: Callable[[Feedback], NDArray[np.int64]]
) -> NDArray[np.int8]:
    """Give each user's last pairs to test and those before them to validation.

    ``when`` puts pairs, one row each, into an order; equals are ordered by movie.
    """
    first = feedback.first_of_pair()
    pairs = feedback.take(first)
    order = order_by(pairs.user_id, when(pairs), pairs.movie)
    starts = np.flatnonzero(np.diff(pairs.user_id, prepend=-1))
    sizes = np.diff(np.append(starts, len(pairs)))
    rank = np.empty(len(pairs), dtype=np.int64)
    rank[order] = np.arange(len(pairs)) - np.repeat(starts, sizes)
    size = np.repeat(sizes, sizes)
    test = _rounded(size * params.test)
    held_out = _rounded(size * (params.test + params.validation))
    part = (rank >= size - held_out).astype(np.int8) + (rank >= size - test)
    return _of_pairs(part, first)


def _rounded(share: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.floor(share + 0.5 + 1e-9).astype(np.int64)


def _random(feedback: Feedback, params: SplitParams) -> Split:
    """Deal the (user, movie) pairs out to folds; validation is drawn from the other folds."""
    first = feedback.first_of_pair()
    pairs = int(np.count_nonzero(first))
    place = np.random.default_rng(params.seed).permutation(pairs)
    part = np.where(place % params.folds == params.fold, _TEST, _TRAIN).astype(np.int8)
    others = np.flatnonzero(part == _TRAIN)
    others = others[np.argsort(place[others])]
    part[others[: _count(pairs, params.validation)]] = _VALIDATION
    label = (
        f"random split, fold {params.fold} of {params.folds} is the test: it lets models see the "
        "future, so it serves only to compare with published RMSE"
    )
    return Split(_of_pairs(part, first), label, fold=params.fold)


def _of_pairs(part: NDArray[np.int8], first: NDArray[np.bool_]) -> NDArray[np.int8]:
    events: NDArray[np.int8] = part[np.cumsum(first) - 1].astype(np.int8)
    return events


_METHODS: Mapping[str, Callable[[Feedback, SplitParams], Split]] = {
    "temporal": _temporal,
    "per_user": _per_user,
    "random": _random,
    "leave_out": _leave_out,
}


def instant(at: int) -> str:
    """Write microseconds since 1970 as ISO 8601 UTC."""
    return f"{(_EPOCH + timedelta(microseconds=at)).replace(tzinfo=None).isoformat()}Z"
