"""``marquee sweep``: run the committed grid of experiments."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from marquee.experiments.grid import Cell


@click.command
@click.option(
    "--grid",
    type=click.Path(path_type=Path),
    default="sweep.yaml",
    show_default=True,
    help="The file that lists the cells.",
)
def command(grid: Path) -> None:
    """Run the committed grid of experiments.

    Each cell runs as a DVC experiment in a temporary copy of the last commit: your files stay as
    they are, and uncommitted changes of what a cell reads are refused. Cells that already ran on
    this commit are left out, so after an interrupt the same command goes on where it stopped. A
    cell that fails does not stop the others. Cost figures and logs go to sweeps/. See the result by
    `marquee compare`.
    """
    import signal
    import sys

    from marquee.errors import MarqueeError
    from marquee.experiments.grid import read_grid
    from marquee.experiments.sweep import missing
    from marquee.experiments.workspace import refuse_uncommitted

    root = Path()
    cells = read_grid(grid, root / "params.yaml")
    refuse_uncommitted(root)
    todo = missing(cells, root)
    click.echo(f"{len(cells)} cells, {len(cells) - len(todo)} of them done before")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        failed = _run(todo, root)
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on from here", err=True)
        sys.exit(130)
    if failed:
        raise MarqueeError(f"{len(failed)} of {len(todo)} cells failed: {', '.join(failed)}")


def _run(cells: "Sequence[Cell]", root: Path) -> list[str]:
    """Run the cells, a line each; on a terminal a bar says how long the others will take."""
    from tqdm import tqdm

    from marquee.commands.display import log
    from marquee.experiments.sweep import run_cells

    failed = []
    outcomes = run_cells(cells, root=root, folder=root / "sweeps")
    varied = _varied(cells)
    with tqdm(total=len(cells), unit="cell", disable=None, dynamic_ncols=True) as bar:
        for number, outcome in enumerate(outcomes, 1):
            result = f"failed: {outcome.error} (log: {outcome.log})" if outcome.error else "done"
            settings = " ".join(f"{key}={outcome.cell.overrides[key]}" for key in varied
                                if key in outcome.cell.overrides)  # fmt: skip
            line = f"{number}/{len(cells)}  {outcome.cell.name}  {settings}  {result}"
            with bar.external_write_mode():
                log(line)
            bar.update()
            failed += [outcome.cell.name] if outcome.error else []
    return failed


def _varied(cells: "Sequence[Cell]") -> list[str]:
    """Name the parameters that tell the cells apart, in the grid's order."""
    keys = dict.fromkeys(key for cell in cells for key in cell.overrides)
    values = {key: {str(cell.overrides.get(key)) for cell in cells} for key in keys}
    return [key for key in keys if len(values[key]) > 1]
