"""``marquee compare``: experiments side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from marquee.experiments.figures import COSTS

if TYPE_CHECKING:
    from marquee.experiments.comparison import Comparison, Row

_COSTS = {"fit_seconds": "fit s", "predict_us_per_user": "µs/user", "model_bytes": "bytes"}
"""The title of each cost's column."""


@click.command
@click.option("--metric", default="ndcg_at_10", show_default=True, help="The quality to compare.")
@click.option(
    "--cost",
    type=click.Choice(COSTS),
    default="fit_seconds",
    show_default=True,
    help="The cost that the Pareto front and the plot are about.",
)
@click.option(
    "--sort",
    type=click.Choice(("quality", "gap", *COSTS)),
    default="quality",
    show_default=True,
    help="What to order by, the best first.",
)
@click.option(
    "--plot", type=click.Path(path_type=Path), help="Draw a picture, too: FILE.svg, .png or .html."
)
@click.option("--full", is_flag=True, help="Show every column, however wide the tables become.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    *, metric: str, cost: str, sort: str, plot: Path | None, full: bool, as_json: bool
) -> None:
    """Compare experiments: quality, fairness, cost, and the noise of the seed.

    Reads the commit that is checked out and the experiments made from it (`marquee sweep`,
    `dvc exp run`). Runs that differ in train.seed alone count as one configuration; "sd" is their
    spread. A configuration is better or worse than the baseline (that of params.yaml, else
    popularity) when Welch's t-test over the seeds says so, corrected by Holm; with a single seed
    it is inconclusive. The interval is of one run, by resampling users. A star marks the Pareto
    front: nothing is as good in quality, fairness gap and cost, and better in one of them. Columns
    that do not fit the terminal are left out, the least important first.
    """
    from marquee.commands.display import LEFT_OUT, say
    from marquee.errors import DataError
    from marquee.experiments.comparison import compare_runs
    from marquee.experiments.project import read_runs
    from marquee.params import read_yaml

    root = Path()
    current = read_yaml(root / "params.yaml")
    if not (runs := read_runs(root)):
        raise DataError(
            "this commit has neither metrics nor experiments; "
            "run `marquee sweep` or `dvc exp run -S train.model=als` first"
        )
    comparisons = compare_runs(
        runs, current=current, metric=metric, cost=cost, folder=root / "sweeps"
    )
    if plot:
        from marquee.experiments.chart import save_chart

        save_chart(comparisons, plot)
    if as_json:
        _print_json(comparisons)
        return
    left_out = [print_comparison(comparison, sort, full=full) for comparison in comparisons]
    if any(left_out):
        say(LEFT_OUT)
    say("The verdict is about the seed; what other users would say, `marquee gate` asks.")


def print_comparison(comparison: "Comparison", sort: str, *, full: bool) -> bool:
    """Print a comparison as a table; return whether columns were left out."""
    from marquee.commands.display import Column, print_table
    from marquee.experiments.configurations import labels

    names = labels([row.configuration for row in comparison.rows])
    lines = [
        (_place(row, sort), _cells(name, row))
        for name, row in zip(names, comparison.rows, strict=True)
    ]
    return print_table(
        comparison.protocol,
        [
            Column("configuration", text=20),
            "",
            Column("seeds", spare=3),
            comparison.metric,
            Column(f"{100 * comparison.confidence:g} % interval", spare=4),
            Column("sd", spare=5),
            Column("− baseline"),
            Column("verdict", text=14),
            Column("gap", spare=1),
            *(Column(title, spare=2 if cost == comparison.cost else 6 + place)
              for place, (cost, title) in enumerate(_COSTS.items())),
        ],
        [cells for _, cells in sorted(lines, key=lambda line: line[0])],
        full=full,
    )  # fmt: skip


def _place(row: "Row", sort: str) -> float:
    """Return what to order by; the rows come by quality, and stay so where a figure lacks."""
    one = row.configuration
    figures = {"quality": 0.0, "gap": one.gap, **one.costs}
    value = figures.get(sort)
    return float("inf") if value is None else value


def _cells(name: str, row: "Row") -> list[str]:
    from marquee.commands.display import NOTHING, interval, number

    one, difference = row.configuration, row.difference
    return [
        name,
        {True: "*", False: "", None: NOTHING}[row.on_front],
        str(len(one.runs)),
        f"{one.quality:.4f}",
        interval(one.low, one.high),
        NOTHING if one.sd is None else f"{one.sd:.4f}",
        NOTHING if difference is None else f"{difference.value:+.4f}",
        _judged(row),
        NOTHING if one.gap is None else f"{one.gap:.4f}",
        *(number(one.costs.get(cost)) for cost in COSTS),
    ]


def _judged(row: "Row") -> str:
    from marquee.commands.display import NOTHING

    return f"{row.verdict}, {row.reason}" if row.reason else row.verdict or NOTHING


def _print_json(comparisons: "list[Comparison]") -> None:
    from dataclasses import asdict

    from marquee.artifacts import canonical_json

    whole = [asdict(comparison) for comparison in comparisons]
    for said, comparison in zip(whole, comparisons, strict=True):
        for line, row in zip(said["rows"], comparison.rows, strict=True):
            line |= {"quality": row.configuration.quality, "sd": row.configuration.sd}
    click.echo(canonical_json(whole), nl=False)
