"""``marquee telemetry maintain``: aggregates up to date, old rows dropped."""

from typing import TYPE_CHECKING

import click

from marquee.commands.numbers import FiniteRange

if TYPE_CHECKING:
    from marquee.telemetry.maintain import Maintained


@click.command
@click.option(
    "--every",
    type=FiniteRange(min=1),
    metavar="SECONDS",
    help="Go on, with this pause, until stopped.",
)
def command(every: float | None) -> None:
    """Bring the aggregates up to date and drop what is past its keep.

    On plain PostgreSQL this is the scheduled job: what the views say is exact without it, but
    slower with each change since. It runs beside the writer. On TimescaleDB its own jobs do this
    every minute; here they refresh the aggregates at once. MARQUEE_DSN is the address that
    `marquee telemetry migrate` was given.
    """
    from marquee.bootstrap import database_dsn
    from marquee.commands.signals import stopped_by_signals
    from marquee.errors import DatabaseError
    from marquee.settings import load_settings
    from marquee.telemetry.maintain import maintain

    dsn = database_dsn(load_settings())
    stop = stopped_by_signals()
    _say(maintain(dsn))
    while every and not stop.wait(every):
        try:
            _say(maintain(dsn))
        except DatabaseError as error:
            click.echo(f"marquee: {error}; trying again in {every:g} s", err=True)


def _say(done: "Maintained") -> None:
    from marquee.commands.display import log

    anew = [name for name, buckets in done.refreshed.items() if buckets is None]
    if anew:
        log(f"TimescaleDB refreshed {', '.join(anew)}")
        return
    buckets = ", ".join(f"{name} {n}" for name, n in done.refreshed.items() if n)
    rows = ", ".join(f"{name} {n:,}" for name, n in done.dropped.items())
    log(f"buckets kept anew: {buckets or 'none'}; rows dropped: {rows or 'none'}")
