"""``marquee demo``: the online half on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from marquee.commands.numbers import FiniteRange

if TYPE_CHECKING:
    from marquee.demo.system import System
    from marquee.telemetry.report import Report

_REFRESH_S = 2.0
_PRINT_S = 60.0


@click.command
@click.option(
    "--seconds",
    type=FiniteRange(1, 3600),
    help="End after so long, with a last report; without it Ctrl-C ends it.",
)
@click.option(
    "--speed",
    type=FiniteRange(1, 5000),
    default=1200,
    show_default=True,
    help="How many times as fast as life.",
)
def command(seconds: float | None, speed: float) -> None:
    """Play the online half on this machine, without Docker.

    Starts a Kafka broker, a PostgreSQL and the telemetry writer; lets the users that the model in
    data/model was trained on ask it (half of them: popularity) for recommendations, watch and rate;
    and shows hit-rate and latency by variant, live on a terminal, every minute elsewhere, and all
    dashboards on a page for the browser, which stays. All else that was started and stored goes
    with it. Needs Java 17 and Maven.
    """
    import sys
    from functools import partial

    from marquee.demo.drawer import PAGE
    from marquee.demo.play import play

    live = sys.stdout.isatty()
    page = Path(PAGE).resolve()
    lines = play(
        Path(),
        seconds=seconds,
        speed=speed,
        every_s=_REFRESH_S if live else _PRINT_S,
        say=lambda doing: click.echo(doing, err=True),
        show=partial(_show, page),
    )
    click.echo(f"{lines:,} lines sent, each of them in the database once")
    click.echo(f"the dashboards as they were at the end: {page.as_uri()}")


def _show(page: Path, system: "System | None", report: "Report") -> None:
    from marquee.commands.telemetry.report import print_report

    click.clear()  # nothing where the output is no terminal
    print_report(report)
    click.echo("latency: measured, of the model in this process; no network, simulated failures")
    if not system:
        return
    if page.exists():
        click.echo(f"the dashboards: {page.as_uri()}")
    click.echo(f"look around: psql '{system.reader}'\n")
