"""``marquee simulate``: the log of a simulated platform, anywhere."""

import sys
from datetime import datetime
from pathlib import Path

import click


@click.command(short_help="Write the event log of a simulated platform.")
@click.argument("out_dir", type=click.Path(path_type=Path, allow_dash=True))
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
    default=1_000_000,
    show_default=True,
    help="About how many lines the log has.",
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
def command(out_dir: Path, start: datetime, compress: bool, **choices: float) -> None:
    """Write the event log of a simulated platform, and its users and movies, to OUT_DIR.

    OUT_DIR must be new or empty. With - the log alone goes to standard output. About LINES lines
    come out; the same options give the same bytes. faults.json says which lines were damaged on
    purpose, and how they read.
    """
    from marquee.events import RatingScale
    from marquee.params import SimulatorParams, check
    from marquee.simulation.export import with_progress, write_platform
    from marquee.simulation.platform import Platform

    values = {**choices, "start": start.date().isoformat()}
    params = check(SimulatorParams, values, where="marquee simulate")
    platform = Platform(params, RatingScale())
    if str(out_dir) == "-":
        sys.stdout.buffer.writelines(with_progress(platform))
    else:
        write_platform(platform, out_dir, compress=compress)
