"""``marquee telemetry reconcile``: stored hits against the raw rows."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from marquee.commands.moments import before, moment

if TYPE_CHECKING:
    from marquee.telemetry.reconcile import Compared


@click.command
@click.option(
    "--from",
    "begin",
    callback=moment,
    metavar="TIME",
    help="Recommendations served since: so long ago (30m, 24h, 7d), or a time (UTC).",
)
@click.option("--to", "end", callback=moment, metavar="TIME", help="Recommendations served before.")
@click.option("--repair", is_flag=True, help="Make the stored hits what they should be.")
def command(
    begin: datetime | timedelta | None, end: datetime | timedelta | None, repair: bool
) -> None:
    """Compute the hits anew from the raw rows and report any difference.

    All of MARQUEE_DSN, or a period of it, hour by hour and beside a running writer. The exit code
    is 1 where hits differ, unless they are repaired. With --repair and without a period it also
    takes up a changed MARQUEE_HIT_WINDOW_S for all rows; broken off, run it again.
    """
    from datetime import UTC

    from marquee.bootstrap import database_dsn
    from marquee.commands.telemetry.rules import rules_of
    from marquee.settings import load_settings
    from marquee.telemetry.database import connected
    from marquee.telemetry.migrate import expect_migrated
    from marquee.telemetry.reconcile import Period, adopt_window, reconcile

    settings, now = load_settings(), datetime.now(UTC)
    window = rules_of(settings).hit_window
    bounds = {"begin": before(now, begin), "end": before(now, end)}
    period = Period(**{name: at for name, at in bounds.items() if at})
    with connected(database_dsn(settings), application="marquee reconcile") as connection:
        expect_migrated(connection)
        if repair and period == Period() and adopt_window(connection, window):
            click.echo(f"the hit window is {settings.hit_window_s} s from now on")
        report(reconcile(connection, period, hit_window=window, repair=repair), repair=repair)


def report(parts: "Iterable[Compared]", *, repair: bool) -> None:
    """Print each part's differences as it comes, and what they amount to; exit with 1 for any."""
    from marquee.commands.display import print_pairs, say

    answers = differences = 0
    for part in parts:
        answers += part.recommendations
        differences += len(part.differences)
        if part.differences:
            click.echo(f"Served from {part.period.begin:%Y-%m-%d %H:%M:%S}")
        for each in part.differences:
            say(f"{each.request_id}, served at {each.served_at}")
            print_pairs(
                [("  stored", _spell(each.stored)), ("  expected", _spell(each.expected))], 12
            )
    found = f"{differences or 'no'} difference{'s' * (differences > 1)}"
    click.echo(f"{answers} answers: {found}{' repaired' * (repair and differences > 0)}")
    if differences and not repair:
        raise click.exceptions.Exit(1)


def _spell(hit: dict[str, Any] | None) -> str:
    if hit is None:
        return "no hit"
    return (
        f"{hit['kind']} of {hit['movie_id']} at {hit['hit_at']}, rank {hit['rank']}, best rank "
        f"{hit['best_rank']}, items {hit['items_hit']}, {hit['variant']} {hit['model_version']}"
    )
