import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from marquee.artifacts import write_json
from marquee.commands.display import LEFT_OUT
from marquee.commands.metrics import command
from marquee.errors import DataError

LEDGER = {
    "lines": 1000,
    "watches": 900,
    "ratings": 50,
    "recommendations": 30,
    "accounts": 0,
    "duplicates": 15,
    "quarantined": 5,
}
CLEAN = {
    "ledger": LEDGER,
    "filter": {
        "pairs": {"before": 2000, "dropped": 150, "share": 0.075},
        "users": {"before": 100, "dropped": 20, "share": 0.2},
        "movies": {"before": 50, "dropped": 0, "share": 0.0},
    },
}
FILTERS = (
    "Filters dropped 150 of 2,000 pairs (7.50%), 20 of 100 users (20.00%) and "
    "0 of 50 movies (0.00%) of train."
)
ROW = {
    "metric": "ndcg_at_10",
    "model": 0.3,
    "model_low": 0.28,
    "model_high": 0.32,
    "popularity": 0.2,
    "popularity_low": 0.19,
    "popularity_high": 0.21,
    "difference": 0.1,
    "difference_low": 0.08,
    "difference_high": 0.12,
    "verdict": "better",
}
EVALUATE = {
    "protocol": {
        "model": "svd",
        "split": "test",
        "fit_on": "train+validation",
        "split_label": "global temporal split",
        "cutoffs": [10],
    },
    "slices": {
        "warm": {
            "users": 1234,
            "rows": 5678,
            "table": [ROW, {"metric": "rmse", "model": None, "popularity": 0.9, "verdict": None}],
        },
        "cold_user": {"users": 0, "rows": 0, "table": []},
    },
}
FAIRNESS = {
    "verdict": "inconclusive",
    "requirements": {
        "gender_ndcg_at_10": {
            "gap": 0.04,
            "gap_low": 0.0,
            "gap_high": 0.09,
            "max_gap": 0.05,
            "worst": "F",
            "best": "M",
            "verdict": "inconclusive",
        },
        "age_band_ndcg_at_10": {"max_gap": 0.1, "verdict": "inconclusive"},
    },
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name, report in (("clean", CLEAN), ("evaluate", EVALUATE)):
        write_json(tmp_path / f"data/reports/{name}.json", report)
    write_json(tmp_path / "data/reports/fairness.json", FAIRNESS)
    return tmp_path


def show(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def row(output: str, name: str) -> list[str]:
    line = next(line for line in output.splitlines() if line.startswith(f"{name} "))
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_model_stands_beside_popularity_with_intervals_and_a_verdict(project: Path) -> None:
    output = show("--full")

    assert "Quality: svd on test, fitted on train+validation; global temporal split" in output
    assert row(output, "ndcg_at_10") == [
        "ndcg_at_10",
        "0.3000", "[0.2800, 0.3200]",
        "0.2000", "[0.1900, 0.2100]",
        "0.1000", "[0.0800, 0.1200]",
        "better",
    ]  # fmt: skip
    assert row(output, "rmse")[1:] == ["–", "–", "0.9000", "–", "–", "–", "–"]


def test_every_line_of_the_log_is_accounted_for(project: Path) -> None:
    assert row(show(), "watches") == ["watches", "900", "90.00%"]


def test_what_the_filters_dropped_is_said_in_both_forms(project: Path) -> None:
    assert FILTERS in " ".join(show().split())
    assert show("--markdown").endswith(f"|\n\n{FILTERS}\n")


def test_each_fairness_requirement_has_its_verdict(project: Path) -> None:
    output = show("--full")

    assert row(output, "gender_ndcg_at_10")[1:] == [
        "0.0400", "[0.0000, 0.0900]", "0.05", "F", "M", "inconclusive",
    ]  # fmt: skip
    assert row(output, "age_band_ndcg_at_10")[1:] == ["–", "–", "0.1", "–", "–", "inconclusive"]


def test_costs_are_shown_where_there_are_any(project: Path) -> None:
    assert "Costs" not in show()
    write_json(project / "data/costs/train.json", {"fit_seconds": 1.25, "model_bytes": 1234567})

    output = show()
    assert "fit_seconds" in output
    assert row(output, "model_mb") == ["model_mb", "1.235"]


def test_piped_tables_are_plain_text(project: Path) -> None:
    assert not set("\x1b│┃━") & set(show())


def test_json_holds_all_reports(project: Path) -> None:
    assert json.loads(show("--json")) == {
        "clean": CLEAN,
        "evaluate": EVALUATE,
        "fairness": FAIRNESS,
        "costs": {},
    }


@pytest.mark.parametrize("name", ["clean", "evaluate", "fairness"])
def test_a_missing_report_says_what_to_run(project: Path, name: str) -> None:
    (project / f"data/reports/{name}.json").unlink()

    with pytest.raises(DataError, match=rf"reports/{name}\.json: .* run `make repro`"):
        show()


def test_a_damaged_report_is_named(project: Path) -> None:
    (project / "data/reports/clean.json").write_text("{")

    with pytest.raises(DataError, match=r"clean\.json: expected JSON"):
        show()


def test_the_tables_of_the_committed_reports_fit_80_columns_with_every_number_whole(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "80")
    output, full = show(), show("--full")

    report: Any = json.loads((root / "data/reports/evaluate.json").read_text())
    fairness: Any = json.loads((root / "data/reports/fairness.json").read_text())
    assert max(len(line) for line in output.splitlines()) <= 80
    assert {*output.split()} - {*full.split()} <= {*LEFT_OUT.split()}
    quality = row(output, "ndcg_at_10")
    assert quality[1] == f"{report['model']['ndcg_at_10']:.4f}"
    assert quality[-1] == report["difference"]["ndcg_at_10_verdict"]
    gender = fairness["requirements"]["gender_ndcg_at_10"]
    assert row(output, "gender_ndcg_at_10")[-1] == gender["verdict"]
