"""Git and DVC, asked as commands: what a checkout holds, and the experiments made in it."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marquee.errors import MarqueeError

DVC = (sys.executable, "-m", "dvc")
REPORTS = ("evaluate", "fairness")
"""What runs are compared by: ``data/reports/NAME.json``."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run of the pipeline: an experiment, or the commit that experiments start from.

    ``metrics`` holds the content of each of :data:`REPORTS` that there is, by its name.
    """

    name: str
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]


def ignored_below(root: Path, folder: str) -> list[str]:
    """List the files and folders below ``folder`` that git ignores: no clone has them."""
    # With -z names come as they are; else git quotes those that are not ASCII.
    options = ("-z", "--others", "--ignored", "--exclude-standard", "--directory")
    found = _output(["git", "ls-files", *options, "--", folder], root).split("\0")[:-1]
    return [path.rstrip("/") for path in found]


def read_runs(root: Path) -> list[Run]:
    """Read the commit that is checked out, if it has reports, and the experiments made from it.

    Queued, failed and running experiments are left out: they have no reports yet. DVC's own metrics
    are a summary; the reports are read from git.
    """
    hide = ("--hide-workspace", "--hide-queued", "--hide-failed")
    commits = json.loads(_output([*DVC, "exp", "show", "--json", *hide], root))
    states = [state for commit in commits for state in _finished(commit)]
    reports = _read_reports([state["rev"] for state in states], root)
    return [
        Run(
            state["name"] or state["rev"][:7], state["data"]["params"]["params.yaml"]["data"], found
        )
        for state, found in zip(states, reports, strict=True)
        if found
    ]


def _finished(commit: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the states with parameters that can be read: the commit and its experiments' last."""
    tips = [
        experiment["revs"][0]
        for experiment in commit["experiments"] or []
        # A run that was killed stays "running" here, with the reports that it began with.
        if (experiment["executor"] or {"state": "success"})["state"] == "success"
    ]
    for state in [commit, *tips]:
        params = (state["data"] or {"params": {}})["params"].get("params.yaml", {})
        if "data" in params:
            yield state


def _read_reports(revs: Sequence[str], root: Path) -> list[dict[str, Any]]:
    """Read the reports of each revision that git has, by their stems."""
    asked = [f"{rev}:./data/reports/{stem}.json" for rev in revs for stem in REPORTS]
    done = subprocess.run(
        ["git", "cat-file", "--batch"],
        input="".join(f"{name}\n" for name in asked).encode(),
        cwd=root,
        capture_output=True,
        check=True,
    )
    answers = io.BytesIO(done.stdout)
    contents = iter([_next_object(answers) for _ in asked])
    return [
        {stem: json.loads(text) for stem in REPORTS if (text := next(contents)) is not None}
        for _ in revs
    ]


def _next_object(answers: io.BytesIO) -> bytes | None:
    """Return the next object of ``git cat-file --batch``; None for one that git does not have."""
    *_, kind, size = answers.readline().decode().split()
    if kind != "blob":
        return None
    content = answers.read(int(size))
    answers.read(1)  # a line's end after each
    return content


def _output(command: list[str], root: Path) -> str:
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, errors="surrogateescape", check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise MarqueeError(f"{Path(command[0]).name}: {lines[-1]}")
    return done.stdout
