"""``marquee dashboards push``: the dashboards into a running Grafana."""

import click


@click.command
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
def command(dry_run: bool) -> None:
    """Bring a running Grafana's dashboards to what the code describes.

    For those who do not provision by files. Reads MARQUEE_GRAFANA_URL and MARQUEE_GRAFANA_TOKEN, a
    service account's of the role Editor. Dashboards are known by their uid and stand in the folder
    Marquee; running it again changes nothing.
    """
    from marquee.bootstrap import grafana_access
    from marquee.dashboards.push import push
    from marquee.dashboards.server import Grafana
    from marquee.settings import load_settings

    with Grafana(*grafana_access(load_settings())) as grafana:
        for uid, done in push(grafana, dry_run=dry_run):
            click.echo(f"{uid}  {'would be ' if dry_run and done != 'unchanged' else ''}{done}")
