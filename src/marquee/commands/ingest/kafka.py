"""``marquee ingest kafka``: records of a topic as raw snapshots, once or for ever."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marquee.commands.numbers import FiniteRange
from marquee.commands.signals import stopped_by_signals

if TYPE_CHECKING:
    from marquee.broker.options import BrokerOptions
    from marquee.events import RatingScale
    from marquee.params import KafkaParams
    from marquee.params.ingest import Bound


@click.command
@click.argument("out_dir", type=click.Path(path_type=Path))
@click.option("--topic", help="The topic; MARQUEE_TOPIC, or movielog, when not given.")
@click.option(
    "--since",
    default="beginning",
    show_default=True,
    help="beginning, a time (UTC), or offsets, one a partition: 812,790.",
)
@click.option("--until", help="now (the default), a time, or the offsets that are left out.")
@click.option("--follow", is_flag=True, help="Go on for ever; each segment is a folder.")
@click.option(
    "--segment-bytes",
    type=click.IntRange(1, 2**30),
    default=64 * 2**20,
    show_default=True,
    help="Close a segment at so many bytes; they are held in memory.",
)
@click.option(
    "--segment-seconds",
    type=FiniteRange(0, min_open=True),
    default=3600,
    show_default=True,
    help="Close a segment so long after its first record.",
)
def command(
    out_dir: Path, topic: str | None, follow: bool, until: str | None, **given: Any
) -> None:
    """Write a range of a Kafka topic to OUT_DIR as a raw snapshot, each record a line.

    OUT_DIR must be new or empty; it is made whole or not at all. The broker is MARQUEE_KAFKA's.
    The offsets printed at the end give the same bytes for as long as the broker keeps them.

    With --follow, a topic that is not there yet is waited for. OUT_DIR holds segments that follow
    each other without gap or overlap, and the same command goes on after the last one, whatever
    stopped it. Ctrl-C closes the open segment.
    As a source, OUT_DIR goes into ingest.files.events.
    """
    from marquee.bootstrap import broker, rating_scale
    from marquee.params import KafkaParams, check
    from marquee.settings import load_settings

    if follow and until:
        raise click.UsageError("--until has no meaning with --follow, which goes on for ever")
    settings = load_settings()
    scale = rating_scale(settings)
    values = {
        "topic": topic or settings.topic,
        "since": _bound(given["since"]),
        "until": _bound(until or "now"),
    }
    params = check(KafkaParams, values, where="marquee ingest kafka")
    if follow:
        limits = given["segment_bytes"], given["segment_seconds"]
        _follow(params, scale, broker(settings), out_dir, limits)
    else:
        _write(params, scale, broker(settings), out_dir)


def _write(
    params: "KafkaParams", scale: "RatingScale", options: "BrokerOptions", folder: Path
) -> None:
    from marquee.ingest.kafka import write_range

    manifest = write_range(params, scale, options, folder)
    since, until = (
        ",".join(str(stretch[end]) for stretch in manifest["origin"]["partitions"])
        for end in ("from", "to")
    )
    click.echo(f"{manifest['counts']['lines']} lines: --since {since} --until {until}")


def _follow(
    params: "KafkaParams",
    scale: "RatingScale",
    options: "BrokerOptions",
    folder: Path,
    limits: tuple[int, float],
) -> None:
    from marquee.commands.logs import log_to_stderr
    from marquee.ingest.follow import Follower, Limits

    log_to_stderr()
    follower = Follower(options, params.topic, folder, scale, Limits(*limits))
    for name, manifest in follower.run(params.since, stopped_by_signals()):
        click.echo(f"{name}  {manifest['counts']['lines']} lines")


def _bound(text: str) -> "Bound":
    """Read offsets as a list; what is none is left for the parameters' own check."""
    parts = text.split(",")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else text
