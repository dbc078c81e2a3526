"""``marquee dashboards annotate``: deploys as marks in a running Grafana."""

from datetime import datetime, timedelta

import click

from marquee.commands.moments import moment


@click.command
@click.option(
    "--since",
    callback=moment,
    default="30d",
    show_default=True,
    metavar="TIME",
    help="The begin: so long ago (30m, 24h, 7d), or a time (UTC).",
)
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be marked.")
def command(since: datetime | timedelta, dry_run: bool) -> None:
    """Mark deploys in a running Grafana, for dashboards other than Marquee's.

    Marquee's own show them by themselves. Reads MARQUEE_DSN, for which the role marquee_reader
    suffices, MARQUEE_GRAFANA_URL and MARQUEE_GRAFANA_TOKEN. Marks have the tags marquee, deploy and
    the variant; a deploy that has its mark gets no other.
    """
    from datetime import UTC

    from marquee.bootstrap import database_dsn, grafana_access
    from marquee.dashboards.push import annotate, read_deploys, spell
    from marquee.dashboards.server import Grafana
    from marquee.settings import load_settings

    settings = load_settings()
    access = grafana_access(settings)
    begin = since if isinstance(since, datetime) else datetime.now(UTC) - since
    deploys = read_deploys(database_dsn(settings), begin)
    with Grafana(*access) as grafana:
        for deploy in annotate(grafana, deploys, dry_run=dry_run):
            click.echo(f"{'would be marked' if dry_run else 'marked'}  {spell(deploy)}")
