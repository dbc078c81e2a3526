"""``marquee telemetry replay``: quarantined lines read again."""

from datetime import datetime, timedelta

import click

from marquee.commands.moments import before, moment


@click.command
@click.option("--reason", help="Only what is in quarantine for this reason.")
@click.option(
    "--since",
    callback=moment,
    metavar="TIME",
    help="Only what the broker received since: so long ago (30m, 24h, 7d), or a time (UTC).",
)
def command(reason: str | None, since: datetime | timedelta | None) -> None:
    """Read the quarantined lines again, after a fix.

    Takes the lines of MARQUEE_TOPIC that are in quarantine in MARQUEE_DSN and applies those that
    are events now, as the writer would have: in the order that they come out, exactly once, beside
    a running writer. Those that are still none stay.
    """
    from datetime import UTC

    from marquee.bootstrap import database_dsn
    from marquee.commands.display import print_table
    from marquee.commands.telemetry.rules import rules_of
    from marquee.settings import load_settings
    from marquee.telemetry.database import connected
    from marquee.telemetry.migrate import expect_migrated
    from marquee.telemetry.replay import Choice, replay

    settings, now = load_settings(), datetime.now(UTC)
    choice = Choice(settings.topic, reason, before(now, since))
    with connected(database_dsn(settings), application="marquee replay") as connection:
        expect_migrated(connection)
        done = replay(connection, choice, rules=rules_of(settings), now=now)
    print_table(
        "",
        ["reason", "lines", "applied", "still in quarantine"],
        [
            (name, f"{lines:,}", f"{done.mended[name]:,}", f"{lines - done.mended[name]:,}")
            for name, lines in sorted(done.read.items())
        ]
        or [("nothing to read again", "0", "0", "0")],
    )
