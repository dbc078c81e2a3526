"""The report of a pull request: the gate's verdict, and its exit code, on a small pipeline."""

import shutil
from pathlib import Path

import pytest

from ..shell import attempt, commit, run

PIPELINE = """
stages:
  judge:
    cmd: python code/judge.py
    deps: [code/judge.py]
    params: [quality, gap]
    outs: [data/evaluation]
    metrics:
      - data/reports/fairness.json: {cache: false}
"""
JUDGE = """
import json
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq
from marquee.params import read_yaml

params = read_yaml(Path("params.yaml"))
users = range(200)
columns = {
    "user_id": list(users),
    "warm": [True for _ in users],
    "relevant": [3 for _ in users],
    "ndcg_at_10": [params["quality"] + user % 7 / 100 for user in users],
}
Path("data/evaluation").mkdir(parents=True)
pq.write_table(pa.table(columns), "data/evaluation/per_user.parquet")
gap = {"max_gap": 0.05, "gap_low": params["gap"], "gap_high": params["gap"] + 0.02}
Path("data/reports").mkdir(exist_ok=True)
Path("data/reports/fairness.json").write_text(json.dumps({"requirements": {"gender": gap}}))
"""


@pytest.fixture(scope="session")
def judged(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    shutil.copytree(root / ".ci", folder / ".ci")
    (folder / "code").mkdir()
    (folder / "code/judge.py").write_text(JUDGE)
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "Makefile").write_text("repro:\n\t@dvc repro\n")
    protocol = (root / "params.yaml").read_text().partition("\nevaluate:")[2]
    (folder / "params.yaml").write_text(f"quality: 0.5\ngap: 0.01\n\nevaluate:{protocol}")
    run("git", "init", "--quiet", folder=folder)
    run("dvc", "init", "--quiet", folder=folder)
    run("dvc", "repro", "--quiet", folder=folder)
    commit("Run", folder)
    return folder


@pytest.fixture
def project(judged: Path, tmp_path: Path) -> Path:
    """A small project that holds the gates, after its pipeline ran, committed."""
    return shutil.copytree(judged, tmp_path / "project", symlinks=True)


def change(project: Path, *changes: tuple[str, str]) -> None:
    text = (project / "params.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (project / "params.yaml").write_text(text)


def test_a_report_begins_with_its_marker_and_says_what_changed(project: Path) -> None:
    change(project, ("quality: 0.5", "quality: 0.6"))
    done = attempt("sh", ".ci/report", "HEAD", folder=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "<!-- marquee report -->"
    assert "### Gate: pass" in done.stdout
    assert "| gap gender | pass: base [0.0100, 0.0300]" in done.stdout
    assert "| params.yaml | quality | 0.5 | 0.6 |" in " ".join(done.stdout.split())


def test_a_worse_change_fails_the_report_though_it_loosens_its_own_gate(project: Path) -> None:
    worse, unfair = ("quality: 0.5", "quality: 0.4"), ("gap: 0.01", "gap: 0.06")
    change(project, worse, unfair, ("margin: 0.01", "margin: 0.9"))
    done = attempt("sh", ".ci/report", "HEAD", folder=project)
    assert done.returncode == 6
    assert done.stdout.splitlines()[0] == "<!-- marquee report -->"
    assert "### Gate: fail" in done.stdout
    assert "| margin | -0.0100 |" in done.stdout
    assert "| gap gender | fail: base [0.0100, 0.0300], change [0.0600, 0.0800]" in done.stdout
    assert "### Parameters" in done.stdout


def test_a_report_says_of_a_worse_change_that_it_may_exceed_the_margin(project: Path) -> None:
    judge = (project / "code/judge.py").read_text()
    noisy = 'params["quality"] + (user * 37 % 101 / 100 - 0.5) * (0.5 - params["quality"]) * 16'
    quality = 'params["quality"] + user % 7 / 100'
    assert quality in judge
    (project / "code/judge.py").write_text(judge.replace(quality, noisy))
    run("dvc", "repro", "--quiet", folder=project)
    commit("Vary users", project)
    change(project, ("quality: 0.5", "quality: 0.485"))
    done = attempt("sh", ".ci/report", "HEAD", folder=project)
    assert done.returncode == 6, done.stdout
    assert "### Gate: worse" in done.stdout
    assert "| verdict | worse: it fell, and a fall of more than 0.01 is not excluded |" in (
        done.stdout
    )


def test_a_report_without_a_verdict_says_why(project: Path) -> None:
    (project / "code/judge.py").write_text("raise SystemExit('no such movie')\n")
    done = attempt("sh", ".ci/report", "HEAD", folder=project)
    assert done.returncode not in (0, 6)
    assert done.stdout.splitlines()[0] == "<!-- marquee report -->"
    assert "### Gate: no verdict" in done.stdout
    assert "no such movie" in done.stdout
