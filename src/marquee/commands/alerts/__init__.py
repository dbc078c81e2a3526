"""``marquee alerts``: who is told when something is wrong."""

import click

from marquee.commands.verbs import Verbs

VERBS = {
    "run": "Judge what needs statistics, and tell Slack.",
    "test": "Send a sample to Slack.",
    "ran": "Record how a job of yours ended.",
    "build": "Write Grafana's alert rules from the thresholds.",
}
"""Each verb and its one line of help; ``VERB.py`` beside this file is imported when called."""


@click.group(cls=Verbs, package=__name__, verbs=VERBS)
def command() -> None:
    """Tell people when something is wrong."""
