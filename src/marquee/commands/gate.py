"""``marquee gate``: whether a change may be merged."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from marquee.commands.numbers import FiniteRange

if TYPE_CHECKING:
    from marquee.experiments.fairness import FairnessJudgement
    from marquee.experiments.gate import Judgement
    from marquee.metrics.interval import Interval
    from marquee.params import GateProtocol

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("base", type=_FILE)
@click.argument("change", type=_FILE)
@click.option("--metric", help="What to judge by.  [default: evaluate.gate.metric]")
@click.option(
    "--margin",
    type=FiniteRange(min=0),
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
@click.option(
    "--fairness",
    type=(_FILE, _FILE),
    metavar="BASE CHANGE",
    help="Judge the requirements of two fairness.json, too.",
)
@click.option("--json", "form", flag_value="json", help="Print JSON instead of a table.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown, for a comment.")
def command(  # noqa: PLR0913 (an option each)
    *,
    base: Path,
    change: Path,
    metric: str | None,
    margin: float | None,
    params_file: Path,
    fairness: tuple[Path, Path] | None,
    form: str | None,
) -> None:
    """Judge a change against its base by paired per-user bootstrap.

    BASE and CHANGE are the per-user metrics of two runs: data/evaluation, or the per_user.parquet
    in it. The change passes when the interval of its difference lies above minus the margin, and
    fails when it lies below. Otherwise it is worse when the interval lies below zero: it fell, and
    maybe by more than the margin. Else it is inconclusive, as when the two runs were tested on
    different things. With --fairness it also fails when a requirement's gap is surely above the
    base's budget, and was not before or has grown. Exit code 6 on fail, and on worse unless
    evaluate.gate.fail_on_worse is false; 0 on pass, and with a warning on inconclusive.
    """
    from marquee.experiments.fairness import judge_fairness
    from marquee.experiments.gate import judge_change

    params = _read_params(params_file)
    judgement = judge_change(
        base,
        change,
        metric=metric or params.gate.metric,
        margin=params.gate.margin if margin is None else margin,
        min_users=params.min_users,
        bootstrap=params.bootstrap,
    )
    promises = judge_fairness(*fairness) if fairness else []
    _print(judgement, promises, form, params.bootstrap.confidence)
    _conclude(judgement, promises, fail_on_worse=params.gate.fail_on_worse)


def _read_params(path: Path) -> "GateProtocol":
    """Read what the gate needs alone: the base may lack what the change adds elsewhere."""
    from marquee.params import GateProtocol, check, read_yaml

    values = read_yaml(path)
    found = values.get("evaluate") if isinstance(values, dict) else None
    protocol = found if isinstance(found, dict) else {}
    needed = {name: protocol[name] for name in GateProtocol.model_fields if name in protocol}
    return check(GateProtocol, needed, where=f"{path}: evaluate")


def _conclude(
    judgement: "Judgement", promises: "list[FairnessJudgement]", *, fail_on_worse: bool
) -> None:
    from marquee.errors import GateFailure

    said = f"{judgement.metric}: {judgement.meaning}"
    if judgement.verdict == "fail":
        raise GateFailure(said)
    for promise in promises:
        if promise.verdict == "fail":
            raise GateFailure(f"the gap of {promise.requirement} is above {promise.max_gap:g}")
    if judgement.verdict == "worse" and fail_on_worse:
        raise GateFailure(f"{said} (evaluate.gate.fail_on_worse: true)")
    if judgement.verdict in ("worse", "inconclusive"):
        click.echo(f"marquee: warning: the gate says {judgement.verdict}: {said}", err=True)


def _print(
    judgement: "Judgement",
    promises: "list[FairnessJudgement]",
    form: str | None,
    confidence: float,
) -> None:
    from dataclasses import asdict

    from marquee.artifacts import canonical_json

    if form == "json":
        whole = asdict(judgement) | {
            "meaning": judgement.meaning,
            "fairness": [asdict(promise) for promise in promises],
        }
        click.echo(canonical_json(whole), nl=False)
    elif form == "markdown":
        click.echo(_markdown(judgement, promises, confidence))
    else:
        _print_text(judgement, promises, confidence)


def _print_text(
    judgement: "Judgement", promises: "list[FairnessJudgement]", confidence: float
) -> None:
    """Print the requirements, then the figures; the verdict comes last."""
    from marquee.commands.display import Column, print_pairs, print_table

    if promises:
        print_table(
            "Fairness: the interval of each gap",
            ["requirement", Column("base", spare=1), "change", "at most",
             Column("verdict", text=12)],
            [
                (each.requirement, _spell(each.base), _spell(each.change), f"{each.max_gap:g}",
                 each.verdict)
                for each in promises
            ],
        )  # fmt: skip
    print_pairs(_lines(judgement, confidence))


def _lines(judgement: "Judgement", confidence: float) -> list[tuple[str, str]]:
    found = judgement
    return [
        (f"{found.metric}, base", f"{found.base:.4f}"),
        (f"{found.metric}, change", f"{found.change:.4f}"),
        ("difference", f"{found.difference:+.4f}"),
        (
            f"{100 * confidence:g} % interval",
            f"[{found.interval.low:+.4f}, {found.interval.high:+.4f}]",
        ),
        ("margin", f"{-found.margin:+.4f}"),
        ("users in both", f"{found.users:,}"),
        ("only in base, change", f"{found.only_base:,}, {found.only_change:,}"),
        ("with another test", f"{found.other_truth:,}"),
        ("verdict", f"{found.verdict}: {found.meaning}"),
    ]


def _promise_lines(promises: "list[FairnessJudgement]") -> list[tuple[str, str]]:
    return [
        (
            f"gap {each.requirement}",
            f"{each.verdict}: base {_spell(each.base)}, change {_spell(each.change)}, "
            f"at most {each.max_gap:g}",
        )
        for each in promises
    ]


def _spell(interval: "Interval | None") -> str:
    return f"[{interval.low:.4f}, {interval.high:.4f}]" if interval else "not measured"


def _markdown(
    judgement: "Judgement", promises: "list[FairnessJudgement]", confidence: float
) -> str:
    lines = [*_lines(judgement, confidence), *_promise_lines(promises)]
    rows = [f"| {name} | {value} |" for name, value in lines]
    verdicts = {judgement.verdict, *(each.verdict for each in promises)}
    verdict = "fail" if "fail" in verdicts else judgement.verdict
    return "\n".join([f"### Gate: {verdict}", "", "| | |", "|---|---|", *rows])
