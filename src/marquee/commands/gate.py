"""``marquee gate``: whether a change may be merged."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from marquee.experiments.gate import Judgement

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("base", type=_FILE)
@click.argument("change", type=_FILE)
@click.option("--metric", help="What to judge by.  [default: evaluate.gate.metric]")
@click.option(
    "--margin",
    type=click.FloatRange(min=0),
    help="How much worse the change may be.  [default: evaluate.gate.margin]",
)
@click.option(
    "--params",
    "params_file",
    type=_FILE,
    default="params.yaml",
    show_default=True,
    help="Where the defaults stand.",
)
@click.option("--json", "form", flag_value="json", help="Print JSON instead of a table.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown, for a comment.")
def command(
    base: Path,
    change: Path,
    metric: str | None,
    margin: float | None,
    params_file: Path,
    form: str | None,
) -> None:
    """Judge a change against its base by paired per-user bootstrap.

    BASE and CHANGE are the per-user metrics of two runs: data/evaluation, or the per_user.parquet
    in it. The change passes when the interval of its difference lies above minus the margin, fails
    when it lies below, and is inconclusive otherwise. Exit code 6 on fail; 0 on pass and on
    inconclusive, which also warns.
    """
    from marquee.errors import GateFailure
    from marquee.experiments.gate import judge_change
    from marquee.params import load_params

    params = load_params(params_file).evaluate
    judgement = judge_change(
        base,
        change,
        metric=metric or params.gate.metric,
        margin=params.gate.margin if margin is None else margin,
        min_users=params.min_users,
        bootstrap=params.bootstrap,
    )
    _print(judgement, form, params.bootstrap.confidence)
    if judgement.verdict == "fail":
        raise GateFailure(f"{judgement.metric} fell by more than {judgement.margin:g}")
    if judgement.verdict == "inconclusive":
        click.echo("marquee: warning: the gate is inconclusive, it picks no winner", err=True)


def _print(judgement: "Judgement", form: str | None, confidence: float) -> None:
    from dataclasses import asdict

    from marquee.artifacts import canonical_json

    if form == "json":
        click.echo(canonical_json(asdict(judgement)), nl=False)
    elif form == "markdown":
        click.echo(_markdown(judgement, confidence))
    else:
        click.echo("\n".join(f"{name:<24}{value}" for name, value in _lines(judgement, confidence)))


def _lines(judgement: "Judgement", confidence: float) -> list[tuple[str, str]]:
    found = judgement
    return [
        (f"{found.metric}, base", f"{found.base:.4f}"),
        (f"{found.metric}, change", f"{found.change:.4f}"),
        ("difference", f"{found.difference:+.4f}"),
        (f"{confidence:.0%} interval", f"[{found.interval.low:+.4f}, {found.interval.high:+.4f}]"),
        ("margin", f"{-found.margin:+.4f}"),
        ("users in both", f"{found.users:,}"),
        ("only in base, change", f"{found.only_base:,}, {found.only_change:,}"),
        ("with another test", f"{found.other_truth:,}"),
        ("verdict", found.verdict),
    ]


def _markdown(judgement: "Judgement", confidence: float) -> str:
    rows = [f"| {name} | {value} |" for name, value in _lines(judgement, confidence)]
    return "\n".join([f"### Gate: {judgement.verdict}", "", "| | |", "|---|---|", *rows])
