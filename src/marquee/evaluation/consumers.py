"""The consumer side of fairness: how well each group of users is served."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.evaluation.comparison import ERROR_METRICS, direction
from marquee.evaluation.estimates import Estimate, estimate
from marquee.evaluation.groups import Grouping
from marquee.metrics.interval import Interval, gap_interval
from marquee.params import BootstrapParams, FairnessParams, RequirementParams

Status = Literal["judged", "not enough data", "suppressed"]
Verdict = Literal["pass", "fail", "inconclusive"]
Columns = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Group:
    """One group; ``estimates`` by metric, those that at least ``min_group`` of its users have.

    ``users`` is None where the count is not shown: in groups that are not judged, in the smallest
    judged one where the count of fewer than ``suppress_below`` others would follow, and in every
    group of two attributes at once, where the count of one follows from that of an attribute's
    group and those of the others.
    """

    name: str
    status: Status
    users: int | None
    estimates: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Gap:
    """The distance between the best and the worst served group of an attribute.

    ``ratio`` is the smaller value over the larger; ``interval`` that of
    :func:`marquee.metrics.interval.gap_interval`.
    """

    metric: str
    best: str
    worst: str
    value: float
    ratio: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Requirement:
    """A promise and whether it is kept.

    ``gap`` is None, and ``reason`` says why, where there is none to judge.
    """

    params: RequirementParams
    gap: Gap | None
    verdict: Verdict
    reason: str | None


def measure_groups(grouping: Grouping, columns: Columns, params: FairnessParams) -> list[Group]:
    """Estimate every metric of every group from per-user columns, one row a user.

    Groups are resampled apart. A group below ``min_group`` has no numbers, one below
    ``suppress_below`` is suppressed, one without users is left out.
    """
    sizes = np.bincount(grouping.member[grouping.member >= 0], minlength=len(grouping.names))
    groups = [
        _measure(name, grouping.member == i, columns, params, stream=i)
        for i, name in enumerate(grouping.names)
        if sizes[i]
    ]
    if grouping.crossed:
        return [replace(group, users=None) for group in groups]
    return _hide_counts(groups, int(sizes[sizes < params.min_group].sum()), params)


def _measure(
    name: str, members: NDArray[np.bool_], columns: Columns, params: FairnessParams, stream: int
) -> Group:
    n = int(members.sum())
    if n < params.suppress_below:
        return Group(name, "suppressed", None, {})
    if n < params.min_group:
        return Group(name, "not enough data", None, {})
    rows = {metric: values[members] for metric, values in columns.items()}
    estimates = estimate([rows], params.bootstrap, stream)[0]
    enough = {
        metric: found for metric, found in estimates.items() if found.users >= params.min_group
    }
    return Group(name, "judged", n, enough)


def _hide_counts(groups: list[Group], unjudged: int, params: FairnessParams) -> list[Group]:
    """Hide one more count where those of the hidden groups would follow from the total."""
    judged = [group for group in groups if group.users is not None]
    if not judged or not 0 < unjudged < params.suppress_below:
        return groups
    least = min(judged, key=lambda group: group.users or 0)
    return [replace(group, users=None) if group is least else group for group in groups]


def find_gap(groups: Sequence[Group], metric: str, bootstrap: BootstrapParams) -> Gap | None:
    """Return the gap of a metric between judged groups, None with fewer than two of them.

    Where neither more nor less of the metric is better, less counts as better.
    """
    found = [
        (group.name, group.estimates[metric])
        for group in groups
        if metric in group.estimates and not np.isnan(group.estimates[metric].resampled).any()
    ]
    if len(found) < 2:
        return None
    points = np.array([each.value for _, each in found])
    resampled = np.stack([each.resampled for _, each in found], axis=1)
    low, high = int(points.argmin()), int(points.argmax())
    best, worst = (high, low) if direction(metric) > 0 else (low, high)
    return Gap(
        metric=metric,
        best=found[best][0],
        worst=found[worst][0],
        value=float(points[high] - points[low]),
        ratio=float(points[low] / points[high]) if points[high] > 0 else float("nan"),
        interval=gap_interval(points, resampled, bootstrap.confidence),
    )


def judge_requirement(
    requirement: RequirementParams,
    groups: Sequence[Group],
    bootstrap: BootstrapParams,
    columns: Collection[str],
) -> Requirement:
    """Judge a requirement: fail only where the whole interval of the gap is above the budget.

    Pass only where all of it is within, inconclusive where it is on both sides, where fewer than
    two groups are judged, or where the metric is not measured: ``columns`` are those that are.
    """
    gap = find_gap(groups, requirement.metric, bootstrap)
    reason = None if gap else _reason(requirement.metric, columns)
    return Requirement(requirement, gap, _verdict(gap, requirement.max_gap), reason)


def _reason(metric: str, columns: Collection[str]) -> str:
    if metric in ERROR_METRICS and "ratings" not in columns:
        return "not measured: the model predicts no ratings"
    return "fewer than two groups have enough data"


def _verdict(gap: Gap | None, budget: float) -> Verdict:
    if gap is None:
        return "inconclusive"
    if gap.interval.low > budget:
        return "fail"
    return "pass" if gap.interval.high <= budget else "inconclusive"


def expect_metrics(requirements: Sequence[RequirementParams], known: Sequence[str]) -> None:
    """Raise a :class:`ParameterError` for a requirement on a metric that no model has."""
    for i, requirement in enumerate(requirements):
        if requirement.metric not in {*known, *ERROR_METRICS}:
            raise ParameterError(
                f"fairness.requirements.{i}.metric = {requirement.metric!r}: expected one of "
                f"{', '.join([*ERROR_METRICS, *known])}"
            )
