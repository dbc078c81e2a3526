"""Sweeps and comparisons in a project of one quick stage, with the real git and DVC."""

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ..shell import ENVIRONMENT, attempt, commit, on_terminal, run

PIPELINE = '''
"""A stage that says how good a model is without fitting one."""
import json, os, sys, time
from pathlib import Path
from ruamel.yaml import YAML

params = YAML(typ="safe", pure=True).load(Path("params.yaml").read_text())
train = params["train"]
time.sleep(float(os.environ.get("STAGE_SECONDS", "0")))
if train["svd"]["factors"] == 13:
    sys.exit("train: 13 factors are bad luck")
ndcg = 0.21 if train["seed"] == 1 else 0.19
model = {"ndcg_at_10": ndcg, "ndcg_at_10_low": ndcg - 0.02, "ndcg_at_10_high": ndcg + 0.02}
reports, costs = Path("data/reports"), Path(os.environ.get("MARQUEE_COSTS", "data/costs"))
for folder in (reports, costs, Path("data/model")):
    folder.mkdir(parents=True, exist_ok=True)
Path("data/model/config.json").write_text(json.dumps(train))
(reports / "evaluate.json").write_text(json.dumps({"model": model}))
fairness = {"requirements": {"gender": {"gap": ndcg / 10}}}
(reports / "fairness.json").write_text(json.dumps(fairness))
(reports / "summary.json").write_text(json.dumps({"ndcg_at_10": ndcg}))
(costs / "train.json").write_text(json.dumps({"fit_seconds": 1.5, "model_bytes": 2048}))
'''
DVC_YAML = """
stages:
  train:
    cmd: python pipeline.py
    deps: [pipeline.py]
    params: [train, evaluate]
    outs: [data/model]
    metrics:
      - data/reports/summary.json: {cache: false}
    plots:
      - data/reports/evaluate.json: {cache: false}
      - data/reports/fairness.json: {cache: false}
"""
GRID = """
every_cell: {train.fit_on: train, evaluate.split: validation, train.seed: [1, 2]}
blocks:
  - train.model: svd
    train.svd.learning_rate: 0.00001
  - {train.model: svd, train.svd.factors: 13, train.seed: 1}
"""


def make_project(folder: Path, root: Path) -> Path:
    folder.mkdir()
    (folder / ".dvc").mkdir()
    for name in ("params.yaml", ".gitignore", ".dvc/config", ".dvc/.gitignore"):
        shutil.copyfile(root / name, folder / name)
    for name, text in (("pipeline.py", PIPELINE), ("dvc.yaml", DVC_YAML), ("sweep.yaml", GRID)):
        (folder / name).write_text(text)
    run("git", "init", "--quiet", "--initial-branch", "main", folder=folder)
    commit("Begin", folder)
    return folder


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", root)


@pytest.fixture(scope="module")
def swept(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A project after its sweep, one cell of which fails, and what the sweep said."""
    project = make_project(tmp_path_factory.mktemp("swept") / "project", root)
    done = attempt("marquee", "sweep", folder=project)
    assert done.returncode == 1
    return project, done.stdout, done.stderr


def test_a_failing_cell_is_reported_and_the_others_are_done(
    swept: tuple[Path, str, str],
) -> None:
    _, out, err = swept

    assert out.startswith("3 cells, 0 of them done before\n")
    assert out.count("  done\n") == 2
    assert re.findall(r"^(./3)  svd-", out, re.MULTILINE) == ["1/3", "2/3", "3/3"]
    assert "failed: train: 13 factors are bad luck (log: sweeps/svd-" in out
    assert err.startswith("marquee: 1 of 3 cells failed: svd-")
    assert "Traceback" not in err


def test_a_sweep_leaves_the_workspace_as_it_was(swept: tuple[Path, str, str], root: Path) -> None:
    project, _, _ = swept

    assert run("git", "status", "--porcelain", folder=project) == ""
    assert (project / "params.yaml").read_bytes() == (root / "params.yaml").read_bytes()
    assert not (project / "data").exists()
    assert not list((project / ".dvc/tmp/exps/standalone").glob("tmp*"))


def test_a_sweep_keeps_the_cost_of_each_cell(swept: tuple[Path, str, str]) -> None:
    project, _, _ = swept

    costs = [json.loads(path.read_text()) for path in project.glob("sweeps/*/train.json")]
    assert costs == [{"fit_seconds": 1.5, "model_bytes": 2048}] * 2


def test_the_second_sweep_runs_only_what_is_missing(swept: tuple[Path, str, str]) -> None:
    project, _, _ = swept

    out = attempt("marquee", "sweep", folder=project).stdout
    assert out.startswith("3 cells, 2 of them done before\n")
    assert out.count("\n") == 2


def test_the_seeds_of_a_configuration_are_taken_together(swept: tuple[Path, str, str]) -> None:
    project, _, _ = swept

    (comparison,) = json.loads(run("marquee", "compare", "--json", folder=project))
    (row,) = comparison["rows"]
    assert comparison["protocol"] == "on validation, fitted on train"
    assert row["configuration"]["settings"]["learning_rate"] == 1e-05
    assert len(row["configuration"]["runs"]) == 2
    assert row["sd"] == pytest.approx(0.02 / 2**0.5)
    assert row["configuration"]["gap"] == pytest.approx(0.02)


def test_experiments_are_shown_as_a_table_and_a_picture(
    swept: tuple[Path, str, str], tmp_path: Path
) -> None:
    project, _, _ = swept
    picture = tmp_path / "picture.svg"

    out = run("marquee", "compare", "--full", "--plot", str(picture), folder=project)
    assert out.splitlines()[0].strip() == "on validation, fitted on train"
    assert "95 % interval" in out
    assert re.search(
        r"svd +\* +2 +0\.2000 +\[0\.1800, 0\.2200\] +0\.0141 .* 1\.5 .* 2,048$", out, re.MULTILINE
    )
    assert picture.read_text().startswith("<svg")


def test_an_unknown_metric_is_answered_in_one_line(swept: tuple[Path, str, str]) -> None:
    project, _, _ = swept

    err = attempt("marquee", "compare", "--metric", "luck", folder=project).stderr
    assert err == "marquee: luck: unknown metric, expected one of ndcg_at_10\n"


def test_without_any_experiment_compare_says_how_to_make_one(project: Path) -> None:
    err = attempt("marquee", "compare", folder=project).stderr

    assert "run `marquee sweep`" in err
    assert err.count("\n") == 1


def test_uncommitted_changes_of_what_a_cell_reads_are_refused_by_name(project: Path) -> None:
    (project / "pipeline.py").write_text("")
    (project / "note.txt").write_text("")

    err = attempt("marquee", "sweep", folder=project).stderr
    assert "these are not: pipeline.py; commit them, or put them aside by `git stash`" in err
    assert not (project / "sweeps").exists()


def test_after_an_experiment_the_remedy_is_to_bring_the_commit_back(project: Path) -> None:
    (project / "sweep.yaml").write_text("blocks: [{train.model: popularity}]")
    commit("Try one", project)
    run("dvc", "repro", folder=project)
    commit("Run", project)
    run("dvc", "exp", "run", "-S", "train.seed=2", folder=project)
    (project / "front.svg").write_text("a picture")

    err = attempt("marquee", "sweep", folder=project).stderr
    remedy = "git checkout -- params.yaml dvc.lock data/reports && dvc checkout"
    assert f"go back by `{remedy}`" in err
    run("sh", "-c", remedy, folder=project)
    assert run("marquee", "sweep", folder=project).endswith("  done")


def test_on_a_terminal_a_sweep_says_how_long_the_others_take(project: Path) -> None:
    (project / "sweep.yaml").write_text("blocks: [{train.model: [popularity, als]}]")
    commit("Try two", project)

    said = on_terminal("marquee", "sweep", folder=project)
    (after_one,) = set(re.findall(r"1/2 \[\d\d:\d\d<(\S+),", said))
    assert re.fullmatch(r"\d\d:\d\d", after_one)
    assert re.search(r"1/2  popularity-\w+  train.model=popularity  done", said)


def test_an_interrupted_sweep_clears_up_and_goes_on_later(project: Path) -> None:
    (project / "sweep.yaml").write_text("blocks: [{train.model: popularity}]")
    commit("Try one", project)
    slow = ENVIRONMENT | {"STAGE_SECONDS": "300"}
    with subprocess.Popen(
        ["marquee", "sweep"], cwd=project, env=slow, stderr=subprocess.PIPE, text=True
    ) as sweep:
        await_line(project, "> python pipeline.py")
        sweep.send_signal(signal.SIGTERM)
        _, err = sweep.communicate(timeout=120)

    assert sweep.returncode == 130
    assert "interrupted" in err
    assert run("git", "status", "--porcelain", folder=project) == ""
    assert not list((project / ".dvc/tmp/exps/standalone").glob("tmp*"))
    assert "1 cells, 0 of them done before" in run("marquee", "sweep", folder=project)


def await_line(project: Path, line: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        logs = [path.read_text() for path in project.glob("sweeps/*/dvc.log")]
        if any(line in log for log in logs):
            time.sleep(0.5)  # DVC says so just before it starts the stage
            return
        time.sleep(0.1)
    pytest.fail(f"no cell said {line!r} within two minutes")


def test_a_queue_of_experiments_runs_on_a_clean_clone(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    run("git", "clone", "--quiet", str(project), str(clone))
    settings = ("-S", "train.seed=1,2", "-S", "train.model=svd")
    run("dvc", "exp", "run", "--queue", *settings, folder=clone)
    run("dvc", "exp", "run", "--run-all", folder=clone)

    (comparison,) = json.loads(run("marquee", "compare", "--json", folder=clone))
    assert len(comparison["rows"][0]["configuration"]["runs"]) == 2
    assert run("git", "status", "--porcelain", folder=clone) == ""
