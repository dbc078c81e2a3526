"""``marquee simulate``: the log of a simulated platform, anywhere."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marquee.commands.numbers import FiniteRange
from marquee.commands.signals import stopped_by_signals

if TYPE_CHECKING:
    from marquee.simulation.platform import Platform

_FACTOR = FiniteRange(1e-3, 1e9)
_LINES_A_USER_DAY = 1_000_000 / (1500 * 60)
_MOST_LINES = 1_000_000
"""Of the default; as params.yaml has it for 1500 users and 60 days."""


@click.command(short_help="Write the event log of a simulated platform.")
@click.argument("out_dir", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option(
    "--users",
    type=click.IntRange(min=1),
    default=1500,
    show_default=True,
    help="Accounts; most are seldom active.",
)
@click.option(
    "--movies",
    type=click.IntRange(min=1),
    default=800,
    show_default=True,
    help="Titles in the catalogue.",
)
@click.option(
    "--lines",
    type=click.IntRange(min=1),
    help="About how many lines the log has; by default 11 a user and day, at most a million.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=60,
    show_default=True,
    help="Days that the log spans.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2025-01-01",
    show_default=True,
    help="The first day, UTC.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=1,
    show_default=True,
    help="Where all randomness comes from.",
)
@click.option(
    "--fault-rate",
    type=click.FloatRange(0, 1),
    default=0.003,
    show_default=True,
    help="Share of lines damaged on purpose.",
)
@click.option("--gzip", "compress", is_flag=True, help="Compress the log.")
@click.option("--to", type=click.Choice(["kafka"]), help="Send the log to MARQUEE_KAFKA instead.")
@click.option("--topic", help="The topic; MARQUEE_TOPIC, or movielog, when not given.")
@click.option(
    "--create-topic",
    "partitions",
    type=click.IntRange(1, 10_000),
    metavar="PARTITIONS",
    help="Make the topic first, where it is not there.",
)
@click.option(
    "--speed",
    type=_FACTOR,
    default=1,
    show_default=True,
    help="How many times as fast as they happen lines are sent, but none before its time.",
)
@click.option("--rate", type=_FACTOR, help="Send so many lines a second instead.")
def command(
    out_dir: Path | None,
    start: datetime,
    lines: int | None,
    compress: bool,
    to: str | None,
    **choices: Any,
) -> None:
    """Write the event log of a simulated platform, and its users and movies, to OUT_DIR.

    OUT_DIR must be new or empty. With - the log alone goes to standard output. The same options
    give the same bytes. faults.json says which lines were damaged on
    purpose, and how they read.

    With --to kafka, and without OUT_DIR, the log alone goes to a topic, each user's lines in
    order. Ctrl-C ends it; what was sent by then is there, and is counted.
    """
    from marquee.events import RatingScale
    from marquee.params import SimulatorParams, check
    from marquee.simulation.export import with_progress, write_platform
    from marquee.simulation.platform import Platform

    stream = {name: choices.pop(name) for name in ("topic", "partitions", "speed", "rate")}
    if (out_dir is None) == (to is None):
        raise click.UsageError("expected either OUT_DIR or --to kafka")
    lines = lines or _default_lines(choices["users"], choices["days"])
    values = {**choices, "lines": lines, "start": start.date().isoformat()}
    params = check(SimulatorParams, values, where="marquee simulate")
    platform = Platform(params, RatingScale())
    if out_dir is None:
        _send(platform, **stream)
    elif str(out_dir) == "-":
        sys.stdout.buffer.writelines(with_progress(platform))
    else:
        write_platform(platform, out_dir, compress=compress)


def _default_lines(users: int, days: int) -> int:
    """Return the lines of the pace of params.yaml, which users keep up with in any time."""
    return max(1, min(round(users * days * _LINES_A_USER_DAY), _MOST_LINES))


def _send(
    platform: "Platform",
    *,
    topic: str | None,
    partitions: int | None,
    speed: float,
    rate: float | None,
) -> None:
    from tqdm import tqdm

    from marquee.bootstrap import broker
    from marquee.broker.publish import Pace, publish
    from marquee.broker.topics import connect
    from marquee.settings import load_settings

    settings = load_settings()
    options, topic = broker(settings), _checked(topic or settings.topic)
    with connect(options) as asked:
        if partitions:
            asked.create_topic(topic, partitions)
        asked.describe(topic)
    lines = tqdm(
        platform.records(),
        total=platform.params.lines,
        unit="line",
        unit_scale=True,
        disable=None,
    )
    sent = publish(options, topic, lines, Pace(rate, speed), stopped_by_signals())
    click.echo(f"{sent} lines sent to {topic}")


def _checked(topic: str) -> str:
    from marquee.params import KafkaParams, check

    values = {"topic": topic, "since": "beginning", "until": "now"}
    return check(KafkaParams, values, where="marquee simulate").topic
