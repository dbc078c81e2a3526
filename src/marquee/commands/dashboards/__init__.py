"""``marquee dashboards``: what people look at."""

import click

from marquee.commands.verbs import Verbs

VERBS = {
    "build": "Write the dashboards as files for Grafana.",
    "push": "Bring a running Grafana's dashboards to what the code describes.",
    "annotate": "Mark deploys in a running Grafana.",
    "preview": "Draw all dashboards as one HTML file, without Grafana.",
}
"""Each verb and its one line of help; ``VERB.py`` beside this file is imported when called."""


@click.group(cls=Verbs, package=__name__, verbs=VERBS)
def command() -> None:
    """Keep the dashboards: Grafana's files, and a page that needs no Grafana."""
