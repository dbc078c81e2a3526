import copy
from pathlib import Path
from typing import Any

import pytest

from marquee.commands.compare import print_comparison
from marquee.experiments.comparison import compare_runs
from marquee.experiments.project import Run
from marquee.params import read_yaml

QUALITY = {"user_knn": 0.1359, "svd": 0.1007, "als": 0.0211}


def runs(params: Any) -> list[Run]:
    """Two seeds of each model, and of every other setting of svd one."""
    made = []
    for model, seed, factors in [
        *((model, seed, 50) for model in QUALITY for seed in (1, 2)),
        ("svd", 1, 20),
        ("svd", 1, 100),
    ]:
        own = copy.deepcopy(params)
        own["train"] |= {"model": model, "seed": seed}
        own["train"]["svd"] |= {"factors": factors, "epochs": factors}
        quality = QUALITY[model] + seed / 10_000 + factors / 100_000
        metrics = {
            "ndcg_at_10": quality,
            "ndcg_at_10_low": quality - 0.0123,
            "ndcg_at_10_high": quality + 0.0123,
        }
        fairness = {"requirements": {"gender": {"gap": 0.0456}}}
        name = f"{model}-{seed}-{factors}"
        made.append(Run(name, own, {"evaluate": {"model": metrics}, "fairness": fairness}))
    return made


@pytest.fixture
def shown(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    params = read_yaml(example / "params.yaml")
    (comparison,) = compare_runs(
        runs(params), current=params, metric="ndcg_at_10", cost="fit_seconds", folder=Path("none")
    )

    def show(width: int, *, full: bool = False) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        print_comparison(comparison, "quality", full=full)
        return capsys.readouterr().out

    return show


def test_a_comparison_fits_80_columns_with_every_number_whole(shown: Any) -> None:
    output = shown(80)
    assert max(len(line) for line in output.splitlines()) <= 80
    assert {*output.split()} <= {*shown(80, full=True).split()}
    head = output.splitlines()[1].split()
    assert head[:2] == ["configuration", "ndcg_at_10"]
    assert "verdict" in head
    assert "gap" in head


def test_every_verdict_stands_with_its_reason_at_80_columns(shown: Any) -> None:
    words = " ".join(shown(80).split())
    assert "baseline" in words
    assert "worse, p<0.001" in words
    joined = shown(200)
    assert joined.count("inconclusive, one seed: noise not known") == 2
    assert words.count("one seed") == 2


def test_a_wide_terminal_shows_every_column(shown: Any) -> None:
    for column in ("seeds", "95 % interval", "sd", "fit s", "µs/user", "bytes"):
        assert column in shown(200)
