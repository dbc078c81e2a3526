"""The ``marquee`` command: parses arguments, calls one library function, reports errors."""

import signal
import sys
from typing import Any, NoReturn

import click

from marquee.commands.verbs import Verbs
from marquee.errors import MarqueeError

VERBS = {
    "alerts": "Tell people when something is wrong.",
    "compare": "Compare experiments: quality, fairness, cost, and the noise of the seed.",
    "dashboards": "Keep Grafana's dashboards, or draw them without it.",
    "demo": "Play the online half on this machine.",
    "dev": "Run a Kafka broker or a PostgreSQL of your own, without Docker.",
    "gate": "Judge a change against its base by paired per-user bootstrap.",
    "init": "Set params.yaml up for ratings, clicks or a log of your own.",
    "ingest": "Write raw snapshots outside the pipeline.",
    "metrics": "Show the pipeline's metrics as tables.",
    "provenance": "Trace a model back to its parameters, data, code and libraries.",
    "recommend": "Recommend movies to one user, and say why.",
    "simulate": "Write the event log of a simulated platform.",
    "sweep": "Run the committed grid of experiments.",
    "telemetry": "Keep the telemetry database: its tables, its writer, its figures.",
}
"""Each verb and its one line of help; ``marquee/commands/VERB.py`` is imported when called."""


@click.group(
    cls=Verbs,
    package="marquee.commands",
    verbs=VERBS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="marquee")
def cli() -> None:
    """Marquee: a reproducible movie recommender with a monitored life in production."""


def main() -> None:
    """Run the command; a mistake becomes one line and its exit code, an interrupt 130."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup's
        signal.signal(signal.SIGHUP, _hang_up)
    try:
        sys.exit(cli(standalone_mode=False))
    except MarqueeError as error:
        sys.stderr.write(f"marquee: {error}\n")
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MemoryError:
        sys.stderr.write("marquee: out of memory; something smaller would fit\n")
        sys.exit(1)
    except click.Abort:
        sys.stderr.write("marquee: interrupted\n")
        sys.exit(130)


def _hang_up(*_: Any) -> NoReturn:
    # A closed terminal often says so twice: let the second one not break off the clearing up.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise KeyboardInterrupt
