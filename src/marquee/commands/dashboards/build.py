"""``marquee dashboards build``: the dashboards as files for Grafana."""

from pathlib import Path

import click

_FOLDER = Path("dashboards")


@click.command
@click.option("--check", is_flag=True, help="Write nothing; fail where a file is not as built.")
def command(check: bool) -> None:
    """Write the dashboards to dashboards/*.json, for Grafana to read.

    They are made from the descriptions in src/marquee/dashboards and from
    monitoring/thresholds.yaml. With --check the first file that differs is named, and the exit
    code is 3.
    """
    from marquee.dashboards import build

    if check:
        build.check(_FOLDER)
        return
    for path in build.build(_FOLDER):
        click.echo(path)
