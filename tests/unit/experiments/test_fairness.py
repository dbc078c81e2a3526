import json
from pathlib import Path

import pytest

from marquee.errors import DataError
from marquee.experiments.fairness import FairnessJudgement, judge_fairness
from marquee.metrics.interval import Interval

Gap = tuple[float, float] | None


@pytest.fixture
def report(tmp_path: Path):
    """Write one requirement's gap as a ``fairness.json``."""

    def write(name: str, gap: Gap, max_gap: float = 0.1) -> Path:
        found = {"max_gap": max_gap}
        if gap:
            found |= {"gap_low": gap[0], "gap_high": gap[1]}
        (tmp_path / name).write_text(json.dumps({"requirements": {"gender": found}}))
        return tmp_path / name

    return write


def verdict(report, base: Gap, change: Gap) -> str:
    (found,) = judge_fairness(report("base", base), report("change", change))
    return found.verdict


@pytest.mark.parametrize("base", [(0.0, 0.05), (0.05, 0.15), None])
def test_a_gap_that_is_above_the_budget_only_now_fails(report, base: Gap) -> None:
    assert verdict(report, base, (0.11, 0.2)) == "fail"


def test_a_gap_that_was_above_the_budget_before_does_not_fail(report) -> None:
    assert verdict(report, (0.12, 0.2), (0.13, 0.21)) == "inconclusive"


def test_a_gap_that_was_above_the_budget_and_has_surely_grown_fails(report) -> None:
    assert verdict(report, (0.12, 0.2), (0.21, 0.3)) == "fail"


def test_a_gap_within_the_budget_passes_though_it_has_grown(report) -> None:
    assert verdict(report, (0.0, 0.01), (0.02, 0.1)) == "pass"


@pytest.mark.parametrize("change", [(0.1, 0.2), None])
def test_a_gap_that_may_be_within_the_budget_is_inconclusive(report, change: Gap) -> None:
    assert verdict(report, (0.0, 0.05), change) == "inconclusive"


def test_a_change_cannot_raise_the_budget_that_it_is_judged_by(report) -> None:
    base, change = report("base", (0.0, 0.05), 0.1), report("change", (0.2, 0.3), 0.9)
    (found,) = judge_fairness(base, change)
    assert (found.max_gap, found.verdict) == (0.1, "fail")


def test_a_requirement_that_the_change_drops_is_inconclusive(report, tmp_path: Path) -> None:
    (tmp_path / "none").write_text('{"requirements": {}}')
    assert judge_fairness(report("base", (0.0, 0.05)), tmp_path / "none") == [
        FairnessJudgement("gender", 0.1, Interval(0.0, 0.05), None, "inconclusive")
    ]


def test_a_requirement_that_the_change_adds_brings_its_budget(report, tmp_path: Path) -> None:
    (tmp_path / "none").write_text('{"requirements": {}}')
    (found,) = judge_fairness(tmp_path / "none", report("change", (0.2, 0.3), 0.5))
    assert (found.max_gap, found.verdict) == (0.5, "pass")


@pytest.mark.parametrize("text", ["[]", "{}", '{"requirements": {"gender": {}}}', "{"])
def test_a_file_that_is_no_such_report_is_named(report, tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(DataError, match="other: expected"):
        judge_fairness(report("base", None), tmp_path / "other")
