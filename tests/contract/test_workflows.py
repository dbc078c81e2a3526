"""The workflows run make targets, with no more rights than they need."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
RIGHTS = {"contents": "read", "pull-requests": "write"}


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_there_are_three() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "nightly", "pipeline"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
class TestEachWorkflow:
    def test_pins_every_action_by_commit_and_names_its_release(self, path: Path) -> None:
        lines = [line for line in path.read_text().splitlines() if "uses:" in line]
        assert lines
        for line in lines:
            assert re.search(r"uses: actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line

    def test_begins_without_rights_and_gives_each_job_its_own(self, path: Path) -> None:
        workflow = read(path)
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            assert job["permissions"].items() <= RIGHTS.items()

    def test_lets_no_job_that_runs_the_code_write(self, path: Path) -> None:
        for job in read(path)["jobs"].values():
            if any("run" in step for step in job["steps"]):
                assert job["permissions"] == {"contents": "read"}

    def test_leaves_no_credentials_in_a_checkout(self, path: Path) -> None:
        for step in steps(path):
            if "checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False

    def test_runs_only_make_targets_that_exist(self, path: Path) -> None:
        for step in steps(path):
            if "run" in step:
                command, target = step["run"].split()[:2]
                assert command == "make"
                assert target in targets()

    def test_puts_nothing_of_the_event_into_a_command(self, path: Path) -> None:
        assert not [step for step in steps(path) if "${{" in step.get("run", "")]
        assert not [step for step in steps(path) if "${{" in step.get("with", {}).get("script", "")]

    def test_uses_no_secret_and_no_event_that_has_them_for_a_fork(self, path: Path) -> None:
        text = path.read_text()
        assert "secrets" not in text
        assert "pull_request_target" not in text

    def test_stops_a_job_that_hangs(self, path: Path) -> None:
        assert all(job["timeout-minutes"] for job in read(path)["jobs"].values())


def test_the_comment_is_known_by_the_marker_that_the_report_begins_with() -> None:
    marker = "<!-- marquee report -->"
    script = read(ROOT / ".github/workflows/pipeline.yml")["jobs"]["comment"]["steps"][-1]
    assert f"const marker = '{marker}';" in script["with"]["script"]
    assert f'echo "{marker}"' in (ROOT / ".ci/report").read_text()


def test_the_report_is_made_and_kept_after_a_gate_before_it_failed() -> None:
    steps = read(ROOT / ".github/workflows/pipeline.yml")["jobs"]["pipeline"]["steps"]
    conditions = {step["id"]: step["if"] for step in steps if "id" in step}
    assert "!cancelled()" in conditions["report"]
    assert "!cancelled()" in conditions["upload"]


def test_a_newer_push_cancels_only_the_checks_of_a_pull_request() -> None:
    concurrency = read(ROOT / ".github/workflows/check.yml")["concurrency"]
    assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_the_night_tests_the_database_that_is_deployed() -> None:
    (job,) = (job for job in read(WORKFLOWS[1])["jobs"].values() if "services" in job)
    deployed = read(ROOT / "compose.yaml")["services"]["timescaledb"]["image"]
    assert job["services"]["timescaledb"]["image"] == deployed
    assert "MARQUEE_TEST_TIMESCALE_DSN" in job["env"]
