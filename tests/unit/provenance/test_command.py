import json
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from marquee.artifacts import sha256_file
from marquee.cli import cli, main

from ...shell import run
from .conftest import pin_another_pytest


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["provenance", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_tree_names_parameters_data_code_and_libraries(project: Path) -> None:
    pin_another_pytest()
    lines = invoke("--full").splitlines()
    commit = run("git", "rev-parse", "HEAD")
    part = sha256_file(Path("data/raw/events-00000.log"))
    for expected in (
        "data/model  md5",
        "rate: 1e-05",
        "names: ['[a]']",
        f"events-00000.log  sha256 {part}",
        f"code  {commit}",
        "pytest==0.1, but",
        "no-such==1, not installed",
    ):
        assert any(expected in line for line in lines), expected


def test_an_uncommitted_lock_is_said_to_be(project: Path) -> None:
    Path("dvc.lock").write_text(Path("dvc.lock").read_text() + "# edited\n")
    assert "code  uncommitted" in invoke("--full")
    assert "code        uncommitted" in invoke()


def test_the_summary_fits_80_columns_and_names_what_the_model_rests_on(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    output = invoke()
    assert max(len(line) for line in output.splitlines()) <= 80
    for expected in (
        "data/model  md5",
        "stages      ingest, train",
        "parameters  ingest, train",
        "data        data/raw: simulator, 1 parts",
        sha256_file(Path("data/raw/manifest.json")),
        f"code        {run('git', 'rev-parse', 'HEAD')}",
        "libraries   2 locked, 1 installed here",
    ):
        assert expected in output


def test_the_verdict_of_a_verification_comes_last(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = invoke("--verify").splitlines()
    assert max(len(line) for line in lines) <= 80
    assert lines[-1] == "verified: everything is as recorded"
    assert "files and folders of dvc.lock         5" in lines
    assert invoke("--verify", "--full").splitlines()[-1] == lines[-1]


def test_json_is_an_in_toto_statement_about_every_file_of_the_model(project: Path) -> None:
    statement = json.loads(invoke("--json"))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]} == {
        path.as_posix(): sha256_file(path)
        for path in Path("data/model").rglob("*")
        if path.is_file()
    }


def test_the_statement_resolves_commit_snapshot_and_libraries(project: Path) -> None:
    pin_another_pytest()
    statement = json.loads(invoke("--json"))
    definition = statement["predicate"]["buildDefinition"]
    found = {item.get("name", item.get("uri")): item for item in definition["resolvedDependencies"]}
    assert found["code"]["digest"]["gitCommit"] == run("git", "rev-parse", "HEAD")
    for path in ("dvc.lock", "requirements.lock", "data/raw/events-00000.log"):
        assert found[path]["digest"] == {"sha256": sha256_file(Path(path))}
    assert [item for item in found.values() if "uri" in item] == [
        {"uri": f"pkg:pypi/click@{version('click')}"},
        {"uri": "pkg:pypi/pytest@0.1", "annotations": {"installed": pytest.__version__}},
    ]
    assert definition["externalParameters"]["params"] == {
        "ingest": {"seed": 1},
        "train": {"rate": 1e-05, "names": ["[a]"]},
    }


def test_verify_says_what_was_verified_beside_the_output(project: Path) -> None:
    result = CliRunner().invoke(cli, ["provenance", "--verify", "--json"])
    assert result.stderr == "verified: everything is as recorded\n"
    assert json.loads(result.stdout)["subject"]


def test_differences_are_named_before_the_verdict_and_the_exit_code_is_5(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("code/train.py").write_text("")
    Path("report.json").write_text("[]")
    monkeypatch.setattr("sys.argv", ["marquee", "provenance", "--verify"])
    with pytest.raises(SystemExit) as exit_:
        main()
    out, err = capsys.readouterr()
    assert exit_.value.code == 5
    assert "\ncode: found md5" in out
    assert "\nreport.json: found md5" in out
    assert err == "marquee: not as recorded: 2 differences, see above\n"


def test_no_statement_is_made_of_what_is_not_as_recorded(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("code/train.py").write_text("")
    monkeypatch.setattr("sys.argv", ["marquee", "provenance", "--verify", "--json"])
    with pytest.raises(SystemExit):
        main()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("code: found md5")
