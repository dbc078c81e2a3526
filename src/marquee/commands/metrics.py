"""``marquee metrics``: the pipeline's reports as tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

REPORTS = ("clean", "evaluate", "fairness")
HEADLINE = ("ndcg", "recall", "hit_rate", "rmse", "mae", "coverage")
"""The metrics, each at the first cutoff, that --markdown shows."""


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print the reports as one JSON object.")
@click.option("--markdown", is_flag=True, help="Print the headline alone, as Markdown.")
def command(as_json: bool, markdown: bool) -> None:
    """Show the pipeline's metrics as tables.

    Reads what the last `dvc repro` reported: what became of every line of the log, what the
    filters dropped, the model beside popularity with intervals and verdicts, the fairness
    requirements, and what the stages cost on this machine.
    """
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
    _print_ledger(reports["clean"])
    _print_quality(reports["evaluate"])
    _print_slices(reports["evaluate"])
    _print_fairness(reports["fairness"])
    _print_costs(costs)


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


def _print_ledger(clean: Mapping[str, Any]) -> None:
    from marquee.commands.display import print_table

    ledger = dict(clean["ledger"])
    lines = ledger.pop("lines")
    parts = [
        (name, f"{count:,}", f"{count / lines:.2%}")
        for name, count in sorted(ledger.items(), key=lambda part: -part[1])
    ]
    print_table("Lines of the log", ["", "lines", "share"], [*parts, ("all", f"{lines:,}", "")])
    click.echo(f"{_filters(clean)}\n")


def _print_quality(evaluate: Mapping[str, Any]) -> None:
    from marquee.commands.display import NOTHING, print_table

    protocol, warm = evaluate["protocol"], evaluate["slices"]["warm"]
    print_table(
        f"Quality: {protocol['model']} on {protocol['split']}, fitted on {protocol['fit_on']}; "
        f"{protocol['split_label']}; {warm['users']:,} warm users",
        ["metric", "model", "popularity", "difference", "verdict"],
        [
            [
                row["metric"],
                *(_spell(row, name) for name in ("model", "popularity", "difference")),
                row["verdict"] or NOTHING,
            ]
            for row in warm["table"]
        ],
    )


def _print_slices(evaluate: Mapping[str, Any]) -> None:
    from marquee.commands.display import NOTHING, print_table

    shown = (f"ndcg_at_{evaluate['protocol']['cutoffs'][0]}", "rmse")
    print_table(
        "Quality by slice",
        ["slice", "users", "rows", "metric", "model", "popularity", "verdict"],
        [
            [
                name,
                f"{found['users']:,}",
                f"{found['rows']:,}",
                row["metric"],
                _spell(row, "model"),
                _spell(row, "popularity"),
                row["verdict"] or NOTHING,
            ]
            for name, found in evaluate["slices"].items()
            for row in found["table"]
            if row["metric"] in shown
        ],
    )


def _print_fairness(fairness: Mapping[str, Any]) -> None:
    from marquee.commands.display import NOTHING, print_table

    print_table(
        f"Fairness: {fairness['verdict']}",
        ["requirement", "gap", "at most", "worst", "best", "verdict"],
        [
            [
                name,
                _spell(found, "gap"),
                f"{found['max_gap']:g}",
                found.get("worst") or NOTHING,
                found.get("best") or NOTHING,
                ", ".join(found[key] for key in ("verdict", "reason") if key in found),
            ]
            for name, found in fairness["requirements"].items()
        ],
    )


def _print_costs(costs: Mapping[str, Mapping[str, float]]) -> None:
    from marquee.commands.display import number, print_table

    if costs:
        figures = list(dict.fromkeys(name for found in costs.values() for name in found))
        print_table(
            "Costs of the last run on this machine",
            ["stage", *figures],
            [[stage, *(number(found.get(name)) for name in figures)]
             for stage, found in costs.items()],
        )  # fmt: skip


def _spell(row: Mapping[str, Any], name: str) -> str:
    from marquee.commands.display import NOTHING, interval

    value, low, high = (row.get(key) for key in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        return NOTHING
    return f"{value:.4f}" if low is None else f"{value:.4f} {interval(low, high)}"
