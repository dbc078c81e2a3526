"""``marquee ingest``: raw snapshots beside the pipeline, from where events arrive."""

import click

from marquee.commands.verbs import Verbs

VERBS = {
    "kafka": "Write a range of a Kafka topic, or follow it segment after segment.",
}
"""Each verb and its one line of help; ``VERB.py`` beside this file is imported when called."""


@click.group(cls=Verbs, package=__name__, verbs=VERBS)
def command() -> None:
    """Write raw snapshots outside the pipeline."""
