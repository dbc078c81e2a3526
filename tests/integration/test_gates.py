"""The gates of a pull request: what they let through, and each tampering that they catch."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ..shell import attempt, commit, run


@pytest.fixture(scope="session")
def cloned(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloned") / "project"
    run("git", "clone", "--quiet", str(root), str(folder))
    return folder


@pytest.fixture
def project(cloned: Path, tmp_path: Path) -> Path:
    """A clone of this project as it is committed, without data."""
    return shutil.copytree(cloned, tmp_path / "project", symlinks=True)


def stale(project: Path) -> tuple[int, str]:
    done = attempt("sh", ".ci/stale", folder=project)
    return done.returncode, done.stdout + done.stderr


def test_the_committed_lock_is_not_stale(project: Path) -> None:
    assert stale(project) == (0, "stale: dvc.lock is up to date\n")


def append(path: str, text: str) -> Callable[[Path], None]:
    def tamper(project: Path) -> None:
        with (project / path).open("a") as file:
            file.write(text)

    return tamper


def replace(path: str, pattern: str, new: str) -> Callable[[Path], None]:
    def tamper(project: Path) -> None:
        text, count = re.subn(pattern, new, (project / path).read_text(), count=1)
        assert count == 1
        (project / path).write_text(text)

    return tamper


def delete_the_lock(project: Path) -> None:
    (project / "dvc.lock").unlink()


TABLES = r"(path: data/tables\n +hash: md5\n +md5: )\w"
TAMPERINGS = {
    "evaluate code": (append("stages/evaluate.py", "# changed\n"), "evaluate"),
    "ingest code": (append("src/marquee/ingest/simulator.py", "# changed\n"), "ingest"),
    "a parameter": (replace("params.yaml", r"min_users: \d", "min_users: 2"), "evaluate"),
    "a hand-edited metric": (replace("data/reports/evaluate.json", r"0\.\d", "0.9"), "evaluate"),
    "a stage command": (replace("dvc.yaml", "python stages/ingest.py", r"\g<0> -u"), "ingest"),
    "a deleted lock": (delete_the_lock, "ingest"),
    "a changed lock hash": (replace("dvc.lock", TABLES, r"\g<1>x"), "train"),
    "a changed tracked input": (append("data/input/README.md", "Changed.\n"), "ingest"),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_the_staleness_gate_catches(project: Path, kind: str) -> None:
    tamper, stage = TAMPERINGS[kind]
    tamper(project)
    commit("Tamper", project)
    code, said = stale(project)
    assert code == 1
    assert said.startswith(
        f"stale: dvc.lock is older than what is committed, from the stage {stage} "
    )
    assert "No such file" not in said


def test_the_staleness_gate_names_what_changed(project: Path) -> None:
    append("stages/clean.py", "# changed\n")(project)
    replace("params.yaml", r"min_users: \d", "min_users: 2")(project)
    commit("Change", project)
    _, said = stale(project)
    assert said.splitlines()[2:] == [
        "changed since:",
        "  clean: stages/clean.py",
        "  evaluate: params.yaml (evaluate)",
    ]


def test_the_staleness_gate_fails_on_a_pipeline_that_cannot_be_read(project: Path) -> None:
    (project / "dvc.yaml").write_text("stages: 3\n")
    commit("Break", project)
    code, said = stale(project)
    assert code == 1
    assert "dvc.yaml" in said


def test_two_locks_merge_without_conflict_into_one_that_is_stale(project: Path) -> None:
    run("sh", "-c", "$(grep '^git config merge.regen.driver' .ci/setup)", folder=project)
    run("git", "checkout", "--quiet", "-b", "theirs", folder=project)
    append("dvc.lock", "# theirs\n")(project)
    append("stages/ingest.py", "# theirs\n")(project)
    commit("Theirs", project)
    run("git", "checkout", "--quiet", "-", folder=project)
    append("dvc.lock", "# ours\n")(project)
    commit("Ours", project)
    run("git", "merge", "--quiet", "--no-edit", "theirs", folder=project)
    assert (project / "dvc.lock").read_text().endswith("# ours\n")
    assert stale(project)[0] == 1


PIPELINE = """
stages:
  first:
    cmd: python code/first.py
    deps: [code/first.py]
    outs: [data/first]
    metrics:
      - data/reports/first.json: {cache: false}
  second:
    cmd: python code/second.py
    deps: [code/second.py]
    outs: [data/second]
    metrics:
      - data/reports/second.json: {cache: false}
    plots:
      - data/reports/second: {cache: false}
"""
FIRST = """
from pathlib import Path
Path("data/first").write_text("1")
Path("data/reports").mkdir(exist_ok=True)
Path("data/reports/first.json").write_text("1")
"""
SECOND = """
from pathlib import Path
Path("data/second").write_text("1")
Path("data/reports/second.json").write_text("1")
Path("data/reports/second").mkdir()
Path("data/reports/second/plot.csv").write_text("1")
"""


@pytest.fixture(scope="session")
def finished(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(root / ".ci", folder / ".ci")
    for name in ("code", "data", "src"):
        (folder / name).mkdir()
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "code/first.py").write_text(FIRST)
    (folder / "code/second.py").write_text(SECOND)
    run("git", "init", "--quiet", folder=folder)
    run("dvc", "init", "--quiet", folder=folder)
    run("dvc", "repro", "--quiet", folder=folder)
    commit("Run", folder)
    return folder


@pytest.fixture
def pipeline(finished: Path, tmp_path: Path) -> Path:
    """A small project that holds the gates, after its pipeline ran, committed."""
    return shutil.copytree(finished, tmp_path / "pipeline", symlinks=True)


def test_the_byte_gate_passes_what_gives_itself_back(pipeline: Path) -> None:
    done = attempt("sh", ".ci/reproduce", folder=pipeline)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("the committed ones, byte for byte\n")


def test_the_byte_gate_fails_when_a_stage_fails(pipeline: Path) -> None:
    (pipeline / "code/first.py").write_text("raise SystemExit(3)\n")
    commit("Break", pipeline)
    assert attempt("sh", ".ci/reproduce", folder=pipeline).returncode != 0


def test_the_byte_gate_shows_what_differs_on_another_machine(pipeline: Path) -> None:
    depends = 'import os\nPath("data/first").write_text(os.environ.get("PYTHONHASHSEED", "0"))\n'
    append("code/first.py", depends)(pipeline)
    run("dvc", "repro", "--quiet", folder=pipeline)
    commit("Depend on the environment", pipeline)
    assert attempt("sh", ".ci/reproduce", folder=pipeline).returncode == 0
    elsewhere = attempt("sh", ".ci/elsewhere", "sh", ".ci/reproduce", folder=pipeline)
    assert elsewhere.returncode == 1
    assert "+++ b/dvc.lock" in elsewhere.stdout


def test_the_byte_gate_fails_on_files_that_are_not_committed(pipeline: Path) -> None:
    append("code/first.py", 'Path("left").touch()\n')(pipeline)
    run("dvc", "repro", "--quiet", folder=pipeline)
    (pipeline / "left").unlink()
    commit("Leave a file", pipeline)
    done = attempt("sh", ".ci/reproduce", folder=pipeline)
    assert done.returncode == 1
    assert "?? left" in done.stderr


def test_the_byte_gate_runs_the_committed_library(pipeline: Path) -> None:
    (pipeline / "src/shelf.py").write_text('VALUE = "1"\n')
    append("code/first.py", 'import shelf\nPath("data/first").write_text(shelf.VALUE)\n')(pipeline)
    attempt("dvc", "repro", "--quiet", folder=pipeline, PYTHONPATH="src")
    commit("Use the library", pipeline)
    (pipeline / "src/shelf.py").write_text('VALUE = "not committed"\n')
    done = attempt("sh", ".ci/reproduce", folder=pipeline, PYTHONPATH=str(pipeline / "src"))
    assert done.returncode == 0, done.stderr


def test_elsewhere_is_a_machine_without_newer_instructions(root: Path) -> None:
    features = (
        "from numpy._core._multiarray_umath import __cpu_dispatch__ as d, __cpu_features__ as f;"
        "print(*(name for name in d if f.get(name)))"
    )
    assert run("sh", ".ci/elsewhere", "python", "-c", features, folder=root) == ""


@pytest.mark.skipif(not shutil.which("taskset"), reason="no taskset, so all cores are used")
def test_elsewhere_is_a_machine_with_one_core(root: Path) -> None:
    count = "from marquee.tables.cores import count_cores; print(count_cores())"
    assert run("sh", ".ci/elsewhere", "python", "-c", count, folder=root) == "1"


def outputs(pipeline: Path) -> dict[str, str]:
    return {
        path.relative_to(pipeline).as_posix(): path.read_text()
        for path in sorted((pipeline / "data").rglob("*"))
        if path.is_file() and path.name != ".gitignore"
    }


def test_a_stage_that_fails_gets_its_previous_outputs_back(pipeline: Path) -> None:
    before = outputs(pipeline)
    (pipeline / "code/second.py").write_text("raise SystemExit(3)\n")
    done = attempt("sh", ".ci/repro", folder=pipeline)
    assert done.returncode != 0
    assert done.stderr.endswith("what its last good run made here is back in place\n")
    assert outputs(pipeline) == before
    assert len(before) == 5


def test_a_stage_that_fails_in_the_first_run_has_nothing_to_get_back(pipeline: Path) -> None:
    for made in ("dvc.lock", "data"):
        run("rm", "-r", made, folder=pipeline)
    (pipeline / "data").mkdir()
    (pipeline / "code/second.py").write_text("raise SystemExit(3)\n")
    done = attempt("sh", ".ci/repro", folder=pipeline)
    assert done.stderr.endswith("make repro: a stage did not finish\n")


def test_outputs_that_a_clone_never_had_are_not_said_to_be_back(
    pipeline: Path, tmp_path: Path
) -> None:
    append("code/second.py", 'Path("data/second").write_text("not in git")\n')(pipeline)
    run("dvc", "repro", "--quiet", folder=pipeline)
    (pipeline / "code/second.py").write_text("raise SystemExit(3)\n")
    commit("Break", pipeline)
    run("git", "clone", "--quiet", str(pipeline), str(tmp_path / "clone"))
    done = attempt("sh", ".ci/repro", folder=tmp_path / "clone")
    assert done.stderr.endswith("is not all in DVC's cache\n")


def test_an_interrupted_gate_leaves_no_folder_behind(pipeline: Path, tmp_path: Path) -> None:
    append("code/first.py", "import os, signal, time\n")(pipeline)
    append("code/first.py", "os.killpg(os.getpgid(0), signal.SIGINT)\ntime.sleep(60)\n")(pipeline)
    commit("Interrupt", pipeline)
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    command = ("setsid", "--wait", "sh", ".ci/reproduce")
    done = attempt(*command, folder=pipeline, TMPDIR=str(rooms))
    assert done.returncode != 0
    assert [*rooms.glob("*/project")] == []


def test_an_interrupted_stage_gets_its_previous_outputs_back(pipeline: Path) -> None:
    before = outputs(pipeline)
    (pipeline / "code/second.py").write_text(
        "import os, signal, time\nos.killpg(os.getpgid(0), signal.SIGINT)\ntime.sleep(60)\n"
    )
    done = attempt("setsid", "--wait", "sh", ".ci/repro", folder=pipeline)
    assert done.returncode != 0
    assert outputs(pipeline) == before


def test_what_finished_before_a_failure_stays(pipeline: Path) -> None:
    append("code/first.py", 'Path("data/first").write_text("2")\n')(pipeline)
    append("code/second.py", "raise SystemExit(3)\n")(pipeline)
    attempt("sh", ".ci/repro", folder=pipeline)
    assert outputs(pipeline)["data/first"] == "2"
    assert outputs(pipeline)["data/second"] == "1"


def test_reports_that_were_never_committed_come_back(pipeline: Path) -> None:
    append("code/second.py", 'Path("data/reports/second.json").write_text("2")\n')(pipeline)
    run("dvc", "repro", "--quiet", folder=pipeline)
    append("code/second.py", "raise SystemExit(3)\n")(pipeline)
    attempt("sh", ".ci/repro", folder=pipeline)
    assert outputs(pipeline)["data/reports/second.json"] == "2"


def test_the_setup_names_the_python_it_needs(root: Path) -> None:
    done = attempt("sh", ".ci/setup", "no-such-python", folder=root)
    assert done.returncode == 1
    assert "expected Python 3.11 or later" in done.stderr
