"""The merge gate: whether a change is not worse than its base, user by user."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from marquee.errors import DataError, ParameterError
from marquee.metrics.interval import Interval, percentile_interval, resample_sums
from marquee.metrics.ranking import RANKING_METRICS
from marquee.params import BootstrapParams
from marquee.tables.interactions import UserIds, read_ids

Verdict = Literal["pass", "worse", "fail", "inconclusive"]
LEAST_OVERLAP = 0.5
"""The share of either run's users that must also be in the other."""
MOST_OTHER_TRUTH = 0.05
"""The share of common users who may have another test before two runs say nothing of a change.

Filters and late events move a few; another split, or another rating that makes a movie relevant,
moves far more.
"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The mean of a metric over the users of both runs, and change − base with its interval.

    ``only_base`` and ``only_change`` count users of one run alone; ``other_truth`` counts common
    users who have another number of relevant movies in the two runs: their tests are not the same.
    ``reason`` says why the two runs cannot be judged whatever the interval, None where they can.
    """

    metric: str
    margin: float
    base: float
    change: float
    difference: float
    interval: Interval
    users: int
    only_base: int
    only_change: int
    other_truth: int
    verdict: Verdict
    reason: str | None

    @property
    def meaning(self) -> str:
        """What the verdict says, in words."""
        fall = f"a fall of more than {self.margin:g}"
        return {
            "pass": f"{fall} is excluded",
            "worse": f"it fell, and {fall} is not excluded",
            "fail": f"it fell by more than {self.margin:g}",
            "inconclusive": self.reason or f"{fall} is neither shown nor excluded",
        }[self.verdict]


@dataclass(frozen=True, slots=True)
class _Run:
    user_ids: UserIds
    values: NDArray[np.float64]
    relevant: NDArray[np.int64]


def judge_change(
    base: Path,
    change: Path,
    *,
    metric: str,
    margin: float,
    min_users: int,
    bootstrap: BootstrapParams,
) -> Judgement:
    """Judge a change by the paired bootstrap of its warm users' metric against the base's.

    A non-inferiority test: pass where the whole interval of change − base lies above −margin,
    fail where it lies below. Else it is worse where the whole interval lies below zero, and
    inconclusive otherwise; inconclusive, too, with fewer than ``min_users`` users or with more
    than :data:`MOST_OTHER_TRUTH` of them tested on something else. ``base`` and
    ``change`` are ``per_user.parquet`` or the folder that holds it. Users without the metric in
    both runs are left out. :class:`DataError` where a file is missing, lacks the metric, or the
    runs have less than half of their users in common; :class:`ParameterError` for a metric of
    which more is not better.
    """
    _expect_gain(metric)
    ours, theirs = _read(change, metric), _read(base, metric)
    common, mine, other = np.intersect1d(
        ours.user_ids, theirs.user_ids, assume_unique=True, return_indices=True
    )
    _expect_overlap(len(common), len(theirs.user_ids), len(ours.user_ids), base, change)
    pairs = np.stack([theirs.values[other], ours.values[mine]], axis=1)
    means = resample_sums(pairs, bootstrap) / len(common)
    interval = percentile_interval(means[:, 1] - means[:, 0], bootstrap.confidence)
    other_truth = int((theirs.relevant[other] != ours.relevant[mine]).sum())
    reason = _reason(len(common), other_truth, min_users)
    before, after = (float(value) for value in pairs.sum(axis=0) / len(common))
    return Judgement(
        metric=metric,
        margin=margin,
        base=before,
        change=after,
        difference=after - before,
        interval=interval,
        users=len(common),
        only_base=len(theirs.user_ids) - len(common),
        only_change=len(ours.user_ids) - len(common),
        other_truth=other_truth,
        verdict="inconclusive" if reason else _verdict(interval, margin),
        reason=reason,
    )


def _reason(users: int, other_truth: int, min_users: int) -> str | None:
    if users < min_users:
        return f"{users} users, expected at least {min_users}"
    if other_truth > MOST_OTHER_TRUTH * users:
        return (
            f"{other_truth / users:.0%} of the users have another test in the two runs, expected "
            f"at most {MOST_OTHER_TRUTH:.0%}"
        )
    return None


def _verdict(interval: Interval, margin: float) -> Verdict:
    if interval.low > -margin:
        return "pass"
    if interval.high < -margin:
        return "fail"
    return "worse" if interval.high < 0 else "inconclusive"


def _expect_gain(metric: str) -> None:
    name, _, cutoff = metric.partition("_at_")
    if name not in RANKING_METRICS or not cutoff.isdecimal():
        raise ParameterError(
            f"gate metric {metric!r}: expected one of {', '.join(RANKING_METRICS)} at a cutoff, "
            f"such as ndcg_at_10"
        )


def _read(path: Path, metric: str) -> _Run:
    """Read the warm users who have the metric, by user id."""
    path = path / "per_user.parquet" if path.is_dir() else path
    try:
        names = pq.read_schema(path).names
        if not {"user_id", "warm", "relevant", metric} <= {*names}:
            known = [name for name in names if name.partition("_at_")[0] in RANKING_METRICS]
            raise DataError(f"{path}: no column {metric}, expected one of: {', '.join(known)}")
        return _warm(pq.read_table(path, columns=["user_id", "warm", "relevant", metric]), metric)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, expected the per-user metrics of a run") from None
    except (pa.ArrowException, OSError) as error:
        found = str(error).splitlines()[0]
        raise DataError(f"{path}: expected per-user metrics as Parquet, found {found}") from None


def _warm(table: pa.Table, metric: str) -> _Run:
    columns: dict[str, NDArray[Any]] = {
        name: read_ids(table[name]) if name == "user_id" else table[name].to_numpy()
        for name in table.column_names
    }
    kept = columns["warm"] & ~np.isnan(columns[metric])
    order = np.argsort(columns["user_id"][kept], kind="stable")
    return _Run(*(columns[name][kept][order] for name in ("user_id", metric, "relevant")))


def _expect_overlap(common: int, n_base: int, n_change: int, base: Path, change: Path) -> None:
    if common < max(1, LEAST_OVERLAP * max(n_base, n_change)):
        raise DataError(
            f"{base} has {n_base} users to judge by, {change} has {n_change}, and {common} are in "
            f"both; expected two runs on the same test, with half of their users in common"
        )
