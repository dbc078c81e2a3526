"""What stands beside a model is read as what drift and verdicts are judged by."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.artifacts import write_json
from marquee.errors import DataError
from marquee.experiments.gate import Judgement
from marquee.metrics.interval import Interval
from marquee.telemetry.references import Verdict, _tenths, read_background, read_fairness, read_gate


def test_a_folder_with_nothing_beside_the_model_has_no_background(tmp_path: Path) -> None:
    background = read_background(tmp_path, None)
    assert background.reference is None
    assert background.verdicts == []


def test_fairness_requirements_are_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "fairness.json"
    measured = {"verdict": "fail", "gap": 0.2, "gap_low": 0.1, "gap_high": 0.3, "max_gap": 0.05}
    unmeasured = {"verdict": "inconclusive", "max_gap": 0.05}
    write_json(path, {"requirements": {"gender": measured, "age": unmeasured}})
    assert read_fairness(path) == [
        Verdict("fairness", "age", "inconclusive", None, None, None, 0.05),
        Verdict("fairness", "gender", "fail", 0.2, 0.1, 0.3, 0.05),
    ]


def test_what_the_gate_prints_is_a_verdict(tmp_path: Path) -> None:
    judgement = Judgement(
        metric="ndcg_at_10",
        margin=0.01,
        base=0.14,
        change=0.12,
        difference=-0.02,
        interval=Interval(-0.03, -0.015),
        users=500,
        only_base=0,
        only_change=0,
        other_truth=0,
        verdict="fail",
        reason=None,
    )
    path = tmp_path / "gate.json"
    write_json(path, asdict(judgement) | {"fairness": []})
    assert read_gate(path) == Verdict("gate", "ndcg_at_10", "fail", -0.02, -0.03, -0.015, -0.01)


@pytest.mark.parametrize("content", [{}, [], {"requirements": {"gender": {}}}])
def test_a_damaged_report_is_an_error_that_names_it(tmp_path: Path, content: object) -> None:
    path = tmp_path / "report.json"
    write_json(path, content)
    for read in (read_fairness, read_gate):
        with pytest.raises(DataError, match=r"report.json: "):
            read(path)


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 1000), min_size=1))
def test_a_more_popular_movie_is_in_no_later_tenth(users: Mapping[str, int]) -> None:
    tenths = {movie: int(name.removeprefix("tenth ")) for movie, name in _tenths(users).items()}
    ordered = sorted(users, key=lambda movie: (-users[movie], movie))
    assert [tenths[movie] for movie in ordered] == sorted(tenths.values())
    assert set(tenths.values()) <= set(range(1, 11))


def test_equal_movies_share_out_evenly() -> None:
    assert sorted(_tenths({f"m{n}": 1 for n in range(10)}).values()) == sorted(
        f"tenth {n}" for n in range(1, 11)
    )
