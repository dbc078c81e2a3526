"""Git and DVC, asked as commands: what a checkout holds, and the experiments made in it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marquee.errors import MarqueeError

DVC = (sys.executable, "-m", "dvc")


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run of the pipeline: an experiment, or the commit that experiments start from.

    ``metrics`` holds each metrics file's content by the file's stem (``evaluate``, ``fairness``).
    """

    name: str
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]


def uncommitted(root: Path) -> list[str]:
    """List what ``git status`` calls changed or untracked; empty on a clean tree."""
    status = _output(["git", "status", "--porcelain", "--untracked-files=all"], root)
    return [line[3:] for line in status.splitlines()]


def ignored_below(root: Path, folder: str) -> list[str]:
    """List the files and folders below ``folder`` that git ignores: no clone has them."""
    options = ("--others", "--ignored", "--exclude-standard", "--directory")
    found = _output(["git", "ls-files", *options, "--", folder], root).splitlines()
    return [path.rstrip("/") for path in found]


def read_runs(root: Path) -> list[Run]:
    """Read the commit that is checked out, if it has metrics, and the experiments made from it.

    Queued, failed and running experiments are left out: they have no metrics yet.
    """
    hide = ("--hide-workspace", "--hide-queued", "--hide-failed")
    commits = json.loads(_output([*DVC, "exp", "show", "--json", *hide], root))
    return [run for commit in commits for run in _runs(commit)]


def _runs(commit: Mapping[str, Any]) -> Iterator[Run]:
    tips = [
        experiment["revs"][0]
        for experiment in commit["experiments"] or []
        # A run that was killed stays "running" here, with the metrics that it began with.
        if (experiment["executor"] or {"state": "success"})["state"] == "success"
    ]
    for state in [commit, *tips]:
        data = state["data"] or {"params": {}, "metrics": {}}
        params = data["params"].get("params.yaml", {})
        metrics = {Path(path).stem: content for path, content in data["metrics"].items()}
        if metrics and all("data" in content for content in (params, *metrics.values())):
            yield Run(
                state["name"] or state["rev"][:7],
                params["data"],
                {stem: content["data"] for stem, content in metrics.items()},
            )


def _output(command: list[str], root: Path) -> str:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise MarqueeError(f"{Path(command[0]).name}: {lines[-1]}")
    return done.stdout
