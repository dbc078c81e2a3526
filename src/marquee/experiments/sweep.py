"""Run the cells of a grid as DVC experiments, each in a temporary copy of the last commit."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from marquee.experiments.grid import Cell
from marquee.experiments.project import DVC, ignored_below, read_runs
from marquee.params import Params

INPUT = "data/input"
"""The dependency that a user fills by hand: what git ignores there is copied to each cell."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one cell; ``error`` is None when it went well."""

    cell: Cell
    error: str | None
    log: Path


def missing(cells: Sequence[Cell], root: Path) -> list[Cell]:
    """Return the cells that no experiment of the commit has, recognised by their parameters."""
    done = [run.params for run in read_runs(root)]
    return [cell for cell in cells if cell.params not in done]


def run_cells(cells: Sequence[Cell], *, root: Path, folder: Path) -> Iterator[Outcome]:
    """Run cells one after another, yielding each as it ends; a failing one stops no other.

    ``folder`` gets a folder a cell with its cost figures and DVC's log. An interrupt ends the
    running cell in order, then the sweep; what is done stays, as experiments.
    """
    copies = [part for path in ignored_below(root, INPUT) for part in ("--copy-paths", path)]
    for cell in cells:
        room = folder / cell.name
        room.mkdir(parents=True, exist_ok=True)
        settings = [argument for text in cell.settings for argument in ("-S", text)]
        command = [*DVC, "exp", "run", "--temp", "--name", cell.name, *copies, *settings]
        log = room / "dvc.log"
        code = _run(command, root=root, costs=room, log=log)
        yield Outcome(cell, _reason(log, code) if code else None, log)


def _run(command: Sequence[str], *, root: Path, costs: Path, log: Path) -> int:
    environ = {**os.environ, "MARQUEE_COSTS": str(costs.resolve())}
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command,
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Its own group: an interrupt reaches it once, and it may clear its temporary copy up.
            start_new_session=True,
        ) as process,
    ):
        try:
            return process.wait()
        except KeyboardInterrupt:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
            raise


def _reason(log: Path, code: int) -> str:
    """Return what the failing stage said, else DVC's last error."""
    lines = log.read_text(errors="replace").splitlines()
    said = [line for line in lines if re.match(rf"({'|'.join(Params.model_fields)}): ", line)]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors[-1:] + said[-1:] or [f"exit code {code}"])[-1]
