"""``marquee metrics``: the pipeline's reports as tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

REPORTS = ("clean", "evaluate", "fairness")
HEADLINE = ("ndcg", "recall", "hit_rate", "rmse", "mae", "coverage")
"""The metrics, each at the first cutoff, that --markdown shows."""


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print the reports as one JSON object.")
@click.option("--markdown", is_flag=True, help="Print the headline alone, as Markdown.")
@click.option("--full", is_flag=True, help="Show every column, however wide the tables become.")
def command(as_json: bool, markdown: bool, full: bool) -> None:
    """Show the pipeline's metrics as tables.

    Reads what the last `dvc repro` reported: what became of every line of the log, what the
    filters dropped, the model beside popularity with intervals and verdicts, the fairness
    requirements, and what the stages cost on this machine. Columns that do not fit the terminal
    (80 where the output is piped; COLUMNS sets another width) are left out, the least important
    first.
    """
    from marquee.commands.display import LEFT_OUT

    reports = {name: _read(Path("data/reports") / f"{name}.json") for name in REPORTS}
    costs = {path.stem: _read(path) for path in sorted(Path("data/costs").glob("*.json"))}
    if as_json:
        from marquee.artifacts import canonical_json

        click.echo(canonical_json({**reports, "costs": costs}), nl=False)
        return
    if markdown:
        click.echo(_headline(reports["evaluate"]))
        click.echo(f"\n{_filters(reports['clean'])}")
        return
    left_out = [
        _print_ledger(reports["clean"], full),
        _print_quality(reports["evaluate"], full),
        _print_slices(reports["evaluate"], full),
        _print_costs(costs, full),
        _print_fairness(reports["fairness"], full),
    ]
    if any(left_out):
        click.echo(LEFT_OUT)


def _headline(evaluate: Mapping[str, Any]) -> str:
    from marquee.evaluation.markdown import NOTHING, spread, table

    protocol, warm = evaluate["protocol"], evaluate["slices"]["warm"]
    shown = {*HEADLINE, *(f"{name}_at_{protocol['cutoffs'][0]}" for name in HEADLINE)}
    rows = [
        [row["metric"], *(spread(row, of) for of in ("model", "popularity", "difference")),
         row["verdict"] or NOTHING]
        for row in warm["table"] if row["metric"] in shown
    ]  # fmt: skip
    columns = ["metric", protocol["model"], "popularity", "difference", "verdict"]
    return "\n".join(table(columns, rows))


def _filters(clean: Mapping[str, Any]) -> str:
    from marquee.tables.filters import describe

    return f"Filters dropped {describe(clean['filter'])}."


def _read(path: Path) -> Any:
    from marquee.artifacts import read_json
    from marquee.errors import DataError

    if not path.is_file():
        raise DataError(f"{path}: no such file; run `make repro` (or `dvc repro`) first")
    return read_json(path)


def _print_ledger(clean: Mapping[str, Any], full: bool) -> bool:
    from marquee.commands.display import print_table, say

    ledger = dict(clean["ledger"])
    lines = ledger.pop("lines")
    parts = [
        (name, f"{count:,}", f"{count / lines:.2%}")
        for name, count in sorted(ledger.items(), key=lambda part: -part[1])
    ]
    rows = [*parts, ("all", f"{lines:,}", "")]
    left_out = print_table("Lines of the log", ["", "lines", "share"], rows, full=full)
    say(_filters(clean))
    click.echo()
    return left_out


def _print_quality(evaluate: Mapping[str, Any], full: bool) -> bool:
    from marquee.commands.display import NOTHING, Column, print_table

    protocol, warm = evaluate["protocol"], evaluate["slices"]["warm"]
    return print_table(
        f"Quality: {protocol['model']} on {protocol['split']}, fitted on {protocol['fit_on']}; "
        f"{protocol['split_label']}; {warm['users']:,} warm users",
        [
            "metric",
            "model",
            Column("interval", spare=2),
            Column("popularity", spare=1),
            Column("interval", spare=3),
            "difference",
            "interval",
            Column("verdict", text=6),
        ],
        [
            [
                row["metric"],
                *_spell(row, "model", "popularity", "difference"),
                row["verdict"] or NOTHING,
            ]
            for row in warm["table"]
        ],
        full=full,
    )


def _print_slices(evaluate: Mapping[str, Any], full: bool) -> bool:
    from marquee.commands.display import NOTHING, Column, print_table

    shown = (f"ndcg_at_{evaluate['protocol']['cutoffs'][0]}", "rmse")
    return print_table(
        "Quality by slice",
        [
            "slice",
            "users",
            Column("rows", spare=2),
            "metric",
            "model",
            Column("interval", spare=1),
            "popularity",
            Column("interval", spare=3),
            Column("verdict", text=6),
        ],
        [
            [
                name,
                f"{found['users']:,}",
                f"{found['rows']:,}",
                row["metric"],
                *_spell(row, "model", "popularity"),
                row["verdict"] or NOTHING,
            ]
            for name, found in evaluate["slices"].items()
            for row in found["table"]
            if row["metric"] in shown
        ],
        full=full,
    )


def _print_fairness(fairness: Mapping[str, Any], full: bool) -> bool:
    from marquee.commands.display import NOTHING, Column, print_table

    return print_table(
        f"Fairness: {fairness['verdict']}",
        [
            "requirement",
            "gap",
            "interval",
            "at most",
            Column("worst", spare=1, text=12),
            Column("best", spare=2, text=12),
            Column("verdict", text=12),
        ],
        [
            [
                name,
                *_spell(found, "gap"),
                f"{found['max_gap']:g}",
                found.get("worst") or NOTHING,
                found.get("best") or NOTHING,
                ", ".join(found[key] for key in ("verdict", "reason") if key in found),
            ]
            for name, found in fairness["requirements"].items()
        ],
        full=full,
    )


def _print_costs(costs: Mapping[str, Mapping[str, float]], full: bool) -> bool:
    from marquee.commands.display import print_table

    figures = dict.fromkeys(name for found in costs.values() for name in found)
    return bool(costs) and print_table(
        "Costs of the last run on this machine",
        ["", *costs],
        [_cost(name, [found.get(name) for found in costs.values()]) for name in figures],
        full=full,
    )


def _cost(name: str, values: Sequence[float | None]) -> list[str]:
    """Spell a cost stage by stage; bytes as megabytes, so that five stages fit 80 columns."""
    from marquee.commands.display import number

    unit = 1e6 if name.endswith("_bytes") else 1
    return [
        name.replace("_bytes", "_mb"),
        *(number(None if value is None else value / unit) for value in values),
    ]


def _spell(row: Mapping[str, Any], *names: str) -> list[str]:
    """Spell each figure and its interval."""
    from marquee.commands.display import NOTHING, interval

    return [
        cell
        for name in names
        for value in [row.get(name)]
        for cell in (
            NOTHING if value is None else f"{value:.4f}",
            interval(row.get(f"{name}_low"), row.get(f"{name}_high")),
        )
    ]
