"""``marquee dashboards preview``: all dashboards as one HTML file."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from marquee.commands.moments import moment
from marquee.commands.numbers import FiniteRange


@click.command
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("preview.html"),
    show_default=True,
    help="The file.",
)
@click.option(
    "--since",
    callback=moment,
    default="24h",
    show_default=True,
    metavar="TIME",
    help="The begin: so long ago (30m, 24h, 7d), or a time (UTC).",
)
@click.option(
    "--watch",
    type=FiniteRange(min=1),
    metavar="SECONDS",
    help="Write it anew so often until Ctrl-C; an open page follows.",
)
def command(out: Path, since: datetime | timedelta, watch: float | None) -> None:
    """Draw all dashboards as one HTML file, without Grafana.

    The same queries are asked of MARQUEE_DSN, for which the role marquee_reader suffices, with all
    variants and model versions. The page loads nothing: it can be sent and kept.
    """
    from datetime import UTC
    from functools import partial

    from tqdm import tqdm

    from marquee.bootstrap import database_dsn
    from marquee.dashboards.macros import Period
    from marquee.dashboards.preview.write import watch_preview, write_preview
    from marquee.settings import load_settings

    dsn, now = database_dsn(load_settings()), datetime.now(UTC)
    begin = since if isinstance(since, datetime) else now - since
    track = partial(tqdm, unit="dashboard", disable=None, leave=False)
    write_preview(dsn, out, Period(begin, now), reload_s=watch, track=track)
    click.echo(out.resolve())
    if watch is not None:
        watch_preview(dsn, out, since, watch)
