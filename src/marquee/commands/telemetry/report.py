"""``marquee telemetry report``: hit-rate and latency by variant or model."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from marquee.commands.moments import moment

if TYPE_CHECKING:
    from marquee.telemetry.report import By, Report, Row

_RATES = {
    "share_answered": "answered",
    "hit_rate_so_far": "hit-rate so far",
    "hit_rate_mature": "hit-rate, mature",
    "hit_rate_corrected": "hit-rate, corrected",
    "hit_rate_at_1": "hit@1",
    "hit_rate_at_5": "hit@5",
    "hit_rate_at_10": "hit@10",
    "hit_rate_at_20": "hit@20",
    "precision": "precision",
}
_COUNTS = {"requests": "requests", "mature_answered": "answers that are mature"}
_NUMBERS = {
    "mrr": "MRR",
    "latency_p50_ms": "latency p50, ms",
    "latency_p95_ms": "latency p95, ms",
    "latency_p99_ms": "latency p99, ms",
}


def _period(since: datetime | timedelta, until: datetime | timedelta) -> tuple[datetime, datetime]:
    try:
        end = until if isinstance(until, datetime) else datetime.now(UTC) - until
        return since if isinstance(since, datetime) else end - since, end
    except OverflowError:
        raise click.BadParameter(
            "the report would begin before the year 1; expected a later --until or --since"
        ) from None


@click.command
@click.option(
    "--since",
    callback=moment,
    default="24h",
    show_default=True,
    metavar="TIME",
    help="The begin: so long before the end (30m, 24h, 7d), or a time (UTC).",
)
@click.option(
    "--until", callback=moment, default="0m", metavar="TIME", help="The end: now, or as above."
)
@click.option(
    "--by",
    type=click.Choice(["variant", "model"]),
    default="variant",
    show_default=True,
    help="What the figures are compared by.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def command(
    since: datetime | timedelta, until: datetime | timedelta, by: "By", as_json: bool
) -> None:
    """Show hit-rate and latency by variant or model.

    Answers count by when they were served; each rate has a 95 % interval; failures have no part in
    the latency. Hits come late: mature figures are those of answers that can get no more, and the
    corrected hit-rate takes in the younger ones by how long hits have taken (– where that is not
    known yet). The role marquee_reader may read all of it.
    """
    from marquee.artifacts import canonical_json
    from marquee.bootstrap import database_dsn
    from marquee.settings import load_settings
    from marquee.telemetry.report import read_report

    begin, end = _period(since, until)
    report = read_report(database_dsn(load_settings()), since=begin, until=end, by=by)
    if as_json:
        click.echo(canonical_json(report.as_json()), nl=False)
    else:
        print_report(report)


def print_report(report: "Report") -> None:
    """Print the figures as a table, and below it what they rest on."""
    from marquee.commands.display import print_tables, say

    period = f"from {_spell_time(report.since)} to {_spell_time(report.until)}"
    if report.groups:
        print_tables(
            f"Recommendations {period}",
            ["", *(row[report.key] for row in report.groups)],
            list(_rows(report.groups)),
        )
    else:
        say(f"no recommendations {period}")
    for line in _footing(report):
        say(line)


def _rows(groups: "Sequence[Row]") -> Iterator[list[str]]:
    from marquee.commands.display import number

    for name, label in _COUNTS.items():
        yield [label, *(f"{row[name]:,}" for row in groups)]
    for name, label in _RATES.items():
        yield [label, *(_spell_rate(row, name) for row in groups)]
    for name, label in _NUMBERS.items():
        yield [label, *(number(row[name]) for row in groups)]


def _spell_rate(row: "Row", name: str) -> str:
    from marquee.commands.display import NOTHING, interval

    if row[name] is None:
        return NOTHING
    return f"{row[name]:.4f} {interval(row[f'{name}_low'], row[f'{name}_high'])}"


def _footing(report: "Report") -> Iterator[str]:
    from marquee.commands.display import number

    delay, lines, mark = report.delay, report.lines, report.watermark
    if delay["mature_hits"]:
        spelt = ", ".join(f"{p} {number(delay[f'delay_{p}_s'])} s" for p in ("p50", "p95", "p99"))
        yield f"delay of hits: {spelt} ({delay['mature_hits']:,} mature hits)"
    else:
        yield "delay of hits: not known yet, no hit is mature"
    yield (
        f"lines: {lines['lines']:,}, of them {lines['duplicates']:,} duplicates, "
        f"{lines['quarantined']:,} quarantined, {lines['late']:,} late"
    )
    watermark = _spell_time(mark["watermark"]) if mark["watermark"] else "not known yet"
    yield f"watermark: {watermark}, {mark['lag_lines']:,} lines behind"
    yield f"answers are mature after {number(mark['hit_window_s'])} s"
    if mark["partition_spread_s"]:
        yield (
            f"partitions: {number(mark['partition_spread_s'])} s apart; while it is more than "
            "120 s, young answers are not corrected"
        )


def _spell_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
