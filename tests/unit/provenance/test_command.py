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
    lines = invoke().splitlines()
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
    assert "code  uncommitted" in invoke()


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
    assert result.stderr.startswith("verified: 5 paths, 2 groups of parameters, 1 parts")
    assert json.loads(result.stdout)["subject"]


def test_a_difference_is_one_line_and_exit_code_5(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("code/train.py").write_text("")
    monkeypatch.setattr("sys.argv", ["marquee", "provenance", "--verify"])
    with pytest.raises(SystemExit) as exit_:
        main()
    out, err = capsys.readouterr()
    assert exit_.value.code == 5
    assert out == ""
    assert err.startswith("marquee: code: found md5")
    assert err.count("\n") == 1
