import os
import shutil
from pathlib import Path

import pytest

from marquee.errors import MarqueeError
from marquee.experiments.workspace import refuse_uncommitted

from ...shell import commit, run

DVC_YAML = """
stages:
  train:
    cmd: python stages/train.py
    deps: [src/models, stages/train.py, data/input]
    params: [train, other.yaml: [seed]]
    outs: [data/model]
    metrics:
      - data/reports/train.json: {cache: false}
    plots:
      - data/reports/train: {cache: false}
"""
FILES = {
    "dvc.yaml": DVC_YAML,
    "dvc.lock": "schema: '2.0'",
    "params.yaml": "train: 1",
    "other.yaml": "seed: 1",
    ".dvc/config": "",
    "src/models/svd.py": "",
    "src/modelstore.py": "",
    "stages/train.py": "",
    "data/input/a.log": "",
    "data/reports/train.json": "{}",
    "data/reports/train/plot.csv": "a",
    "sweep.yaml": "",
    "README.md": "",
}


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("committed")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run("git", "init", "--quiet", folder=folder)
    commit("Begin", folder)
    return folder


@pytest.fixture
def project(committed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(committed, tmp_path / "project")


def change(project: Path, *paths: str) -> None:
    for path in paths:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("changed")


def refusal(project: Path) -> str:
    with pytest.raises(MarqueeError) as raised:
        refuse_uncommitted(project)
    return str(raised.value)


def test_what_a_cell_does_not_read_may_differ(project: Path) -> None:
    change(project, "README.md", "sweep.yaml", "note.txt", "front.svg", "src/modelstore.py")
    change(project, os.fsdecode(b"caf\xe9.txt"))
    refuse_uncommitted(project)


@pytest.mark.parametrize(
    "path",
    [
        "dvc.lock",
        "params.yaml",
        "other.yaml",
        ".dvc/config",
        ".dvcignore",
        "src/models/svd.py",
        "src/models/new file.py",
        "stages/train.py",
        "data/input/b.log",
        "data/reports/train/plot.csv",
    ],
)
def test_what_a_cell_reads_is_refused_by_name(project: Path, path: str) -> None:
    change(project, path, "note.txt")
    said = refusal(project)
    assert f"these are not: {path};" in said
    assert "note.txt" not in said


def test_a_changed_pipeline_is_refused(project: Path) -> None:
    (project / "dvc.yaml").write_text(DVC_YAML + "# changed")
    assert "these are not: dvc.yaml;" in refusal(project)


def test_a_renamed_file_is_refused_by_both_names(project: Path) -> None:
    run("git", "mv", "src/models/svd.py", "src/models/other.py", folder=project)
    assert "src/models/other.py, src/models/svd.py" in refusal(project)


def test_many_files_are_counted(project: Path) -> None:
    change(project, *(f"src/models/{number}.py" for number in range(7)))
    assert "src/models/4.py and 2 more;" in refusal(project)


def follow(project: Path, said: str) -> None:
    """Run the git commands of a remedy, as it stands there."""
    remedy = said.rpartition("by `")[2].partition("`")[0]
    commands = [part for part in remedy.split(" && ") if part.startswith("git ")]
    assert commands
    for command in commands:
        run(*command.split(), folder=project)


@pytest.mark.parametrize("paths", [["stages/train.py"], ["params.yaml", "src/models/new.py"]])
def test_the_remedy_for_a_change_of_code_makes_a_sweep_run(project: Path, paths: list[str]) -> None:
    change(project, *paths)
    said = refusal(project)
    assert "commit them, or put them aside by `git stash" in said
    follow(project, said)
    refuse_uncommitted(project)


@pytest.mark.parametrize("new", [[], ["data/reports/train/new.csv"]])
def test_the_remedy_after_an_experiment_makes_a_sweep_run(project: Path, new: list[str]) -> None:
    change(project, "params.yaml", "dvc.lock", "data/reports/train.json", *new)
    said = refusal(project)
    assert "git checkout -- params.yaml dvc.lock data/reports" in said
    assert said.count("git clean") == len(new)
    assert "&& dvc checkout`" in said
    follow(project, said)
    refuse_uncommitted(project)


def test_a_folder_without_a_pipeline_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("[]")
    assert refusal(tmp_path) == "dvc.yaml: no stages; expected the pipeline that a sweep runs"
