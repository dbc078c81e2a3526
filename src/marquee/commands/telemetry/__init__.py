"""``marquee telemetry``: what the service did and what users then did, in the database."""

import click

from marquee.commands.verbs import Verbs

VERBS = {
    "migrate": "Bring the database to this version's tables, views and roles.",
    "run": "Write the stream into the database until stopped.",
    "replay": "Read the quarantined lines again, after a fix.",
    "reconcile": "Compute the hits anew from the raw rows and report any difference.",
    "maintain": "Bring the aggregates up to date and drop what is past its keep.",
    "deploy": "Record that a model went into service.",
    "report": "Show hit-rate and latency by variant or model.",
}
"""Each verb and its one line of help; ``VERB.py`` beside this file is imported when called."""


@click.group(cls=Verbs, package=__name__, verbs=VERBS)
def command() -> None:
    """Keep the telemetry database: its tables, its writer, its figures."""
