import shutil
from pathlib import Path

import pytest

from marquee.errors import ProvenanceError
from marquee.provenance.digest import digest_path
from marquee.provenance.lock import read_lock
from marquee.provenance.trace import trace_model

from ...shell import commit, run
from .conftest import pin_another_pytest

MODEL = Path("data/model")


def test_every_digest_equals_the_one_that_dvc_recorded(project: Path) -> None:
    for stage in read_lock(Path("dvc.lock")).stages:
        for record in (*stage.deps, *stage.outs):
            assert digest_path(Path(record.path), project.resolve()) == record.digest


def test_the_lineage_lists_each_stage_once_after_what_it_depends_on(project: Path) -> None:
    assert [stage.name for stage in trace_model(MODEL).lineage] == ["ingest", "train"]


def test_parameters_are_the_recorded_ones(project: Path) -> None:
    assert trace_model(MODEL).lineage[1].params == {
        "params.yaml": {"train": {"rate": 1e-05, "names": ["[a]"]}}
    }


def test_the_snapshot_is_the_one_the_lineage_begins_with(project: Path) -> None:
    snapshot = trace_model(MODEL).snapshot
    assert snapshot.record.path == "data/raw"
    assert [part["name"] for part in snapshot.manifest["parts"]] == ["events-00000.log"]


def test_the_commit_is_the_newest_that_recorded_the_lock(project: Path) -> None:
    recorded = run("git", "rev-parse", "HEAD")
    Path("notes").write_text("later")
    commit("Later")
    assert trace_model(MODEL).commit == recorded


def test_other_code_that_gave_the_same_model_is_credited(project: Path) -> None:
    before = digest_path(MODEL, project.resolve())
    with Path("code/train.py").open("a") as file:
        file.write("# rewritten\n")
    run("dvc", "repro", "--quiet")
    rewritten = commit("Rewrite")
    assert digest_path(MODEL, project.resolve()) == before
    assert trace_model(MODEL).commit == rewritten


def test_a_lock_remade_in_a_merge_is_credited_to_the_merge(project: Path) -> None:
    run("git", "checkout", "--quiet", "-b", "side")
    Path("dvc.lock").write_text(Path("dvc.lock").read_text() + "# side\n")
    commit("Side")
    run("git", "checkout", "--quiet", "-")
    Path("data/model/config.json").chmod(0o644)
    Path("code/train.py").write_text(Path("code/train.py").read_text().replace("{}", "[]", 1))
    run("git", "merge", "--quiet", "--no-ff", "--no-commit", "side")
    run("dvc", "repro", "--quiet")
    assert trace_model(MODEL).commit is None
    assert commit("Merge") == trace_model(MODEL).commit


def test_a_lock_that_differs_from_the_committed_one_has_no_commit(project: Path) -> None:
    Path("dvc.lock").write_text(Path("dvc.lock").read_text() + "# edited\n")
    assert trace_model(MODEL).commit is None


def test_a_lock_that_git_ignores_has_no_commit(project: Path) -> None:
    run("git", "rm", "--quiet", "--cached", "dvc.lock")
    Path(".gitignore").write_text("dvc.lock\n")
    commit("Ignore the lock")
    assert trace_model(MODEL).commit is None


def test_a_copy_of_the_model_is_known_by_its_digest(project: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(MODEL, tmp_path / "published")
    assert trace_model(copy).model.path == "data/model"


def test_the_working_directory_may_be_below_the_top(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("code")
    assert trace_model(Path("../data/model")).model.path == "data/model"


def test_installed_libraries_that_differ_from_the_lock_are_marked(project: Path) -> None:
    pin_another_pytest()
    libraries = {library.name: library for library in trace_model(MODEL).libraries}
    assert not libraries["click"].differs
    assert libraries["pytest"].differs
    assert libraries["no-such"].installed is None
    assert not libraries["no-such"].differs


def refuses(message: str) -> None:
    with pytest.raises(ProvenanceError, match=message):
        trace_model(MODEL)


def test_without_a_repository_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refuses("not a git repository")


def test_without_git_the_error_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    refuses("git: no such command")


def test_without_a_lock_the_error_names_it(project: Path) -> None:
    Path("dvc.lock").unlink()
    refuses("dvc.lock: no such file")


@pytest.mark.parametrize(
    "text", ["", "[]", "stages: 3", "a: [", "stages: {train: {cmd: x, outs: [1]}}"]
)
def test_a_damaged_lock_is_named(project: Path, text: str) -> None:
    Path("dvc.lock").write_text(text)
    refuses("dvc.lock: not a dvc.lock")


def test_a_model_that_is_not_there_is_named(project: Path) -> None:
    shutil.rmtree(MODEL)
    refuses("^data/model: no model there; dvc checkout")


def test_a_model_that_no_lock_records_is_told_what_the_lock_records(project: Path) -> None:
    (MODEL / "added.npy").write_bytes(b"")
    refuses(
        r"^data/model: md5 \w+\.dir, 66 bytes in 4 files, which no .* dvc\.lock records md5 \w+"
    )


def test_a_folder_that_is_no_output_is_told_the_outputs(project: Path) -> None:
    with pytest.raises(ProvenanceError, match=r"outputs are data/raw, data/model, report\.json"):
        trace_model(Path(".dvc"))


def test_a_model_of_an_earlier_lock_is_told_its_commit(project: Path, tmp_path: Path) -> None:
    earlier = shutil.copytree(MODEL, tmp_path / "earlier")
    made_by = run("git", "rev-parse", "HEAD")
    Path("code/train.py").write_text(Path("code/train.py").read_text().replace("{}", "[]", 1))
    run("dvc", "repro", "--quiet")
    commit("Another model")
    with pytest.raises(ProvenanceError, match=f"commit {made_by[:12]} knew it"):
        trace_model(earlier)


def test_a_missing_snapshot_is_named(project: Path) -> None:
    shutil.rmtree("data/raw")
    refuses("^data/raw: no raw snapshot")


def test_a_missing_dependency_lock_is_named(project: Path) -> None:
    Path("requirements.lock").unlink()
    refuses("requirements.lock: no such file")
