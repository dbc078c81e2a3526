"""The fairness gate: whether a change keeps the promises that its base keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from marquee.artifacts import read_json
from marquee.errors import DataError
from marquee.metrics.interval import Interval

Verdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class FairnessJudgement:
    """A requirement's gap in both runs, None where one does not have it, judged by one budget."""

    requirement: str
    max_gap: float
    base: Interval | None
    change: Interval | None
    verdict: Verdict


def judge_fairness(base: Path, change: Path) -> list[FairnessJudgement]:
    """Judge each requirement of either run's ``fairness.json``.

    Fail where the whole interval of the change's gap lies above the budget, unless the base's does
    too and the change's is not surely above it; pass where it lies within; else, and without a gap,
    inconclusive. The budget is the base's, so that a change cannot raise the one that it is judged
    by; a new requirement brings its own. :class:`DataError` where a file is missing or no such
    report.
    """
    before, after = _read(base), _read(change)
    return [
        _judge(name, float((after | before)[name]["max_gap"]), before, after)
        for name in sorted(before | after)
    ]


def _judge(
    name: str,
    budget: float,
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
) -> FairnessJudgement:
    base, change = _gap(before.get(name, {})), _gap(after.get(name, {}))
    return FairnessJudgement(name, budget, base, change, _verdict(base, change, budget))


def _gap(requirement: Mapping[str, Any]) -> Interval | None:
    if "gap_low" not in requirement:
        return None
    return Interval(requirement["gap_low"], requirement["gap_high"])


def _verdict(base: Interval | None, change: Interval | None, budget: float) -> Verdict:
    if change is None:
        return "inconclusive"
    if change.high <= budget:
        return "pass"
    failed_before = base is not None and base.low > budget
    worse = base is not None and change.low > base.high
    return "fail" if change.low > budget and (worse or not failed_before) else "inconclusive"


def _read(path: Path) -> dict[str, dict[str, Any]]:
    report = read_json(path)
    found = report.get("requirements") if isinstance(report, dict) else None
    if not isinstance(found, dict) or not all("max_gap" in each for each in found.values()):
        raise DataError(f"{path}: expected the fairness metrics of a run, with its requirements")
    return found
