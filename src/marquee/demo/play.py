"""The demo: people, recommender, broker, writer and database, played faster than life."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from marquee.broker.publish import Pace, publish
from marquee.demo.drawer import PAGE, Drawer
from marquee.demo.people import People
from marquee.demo.recommender import Trained, load_trained
from marquee.demo.system import TOPIC, System, start_system
from marquee.dev.server import Server
from marquee.errors import MarqueeError
from marquee.telemetry.database import connected
from marquee.telemetry.deploys import record_deploy
from marquee.telemetry.maintain import maintain
from marquee.telemetry.references import read_background, record_background
from marquee.telemetry.report import Report, read_report

_CATCH_UP_S = 3600.0
"""How long a demo without an end takes to reach the present."""
_DRAIN_S = 30.0
_POLL_S = 0.2


def play(
    root: Path,
    *,
    seconds: float | None,
    speed: float,
    every_s: float,
    say: Callable[[str], None],
    show: Callable[[System | None, Report], None],
) -> int:
    """Play for some seconds, or until interrupted, and return how many lines were sent.

    Events happen ``speed`` times as fast as in life and end in the present. ``show`` gets the
    servers and the figures every ``every_s`` seconds, and a last time, without the servers, when
    all that was sent is in the database; ``say`` what takes a while before. The dashboards are
    drawn to :data:`PAGE` in ``root`` again and again, and a last time.
    What fails is a :class:`~marquee.errors.MarqueeError`; no server outlives the call.
    """
    say("loading data/model")
    trained = _load(root)
    say("starting Kafka, PostgreSQL and the telemetry writer")
    with start_system() as system:
        behind = timedelta(seconds=(seconds or _CATCH_UP_S) * speed)
        begin = datetime.now(UTC) - behind
        _record_deploys(trained, root / "data", system, begin)
        say("people come")
        pace = Pace(speed=speed)
        drawer = Drawer(system.reader, root / PAGE, begin)
        with _sending(trained, system, begin, pace) as (sent, stop), drawer.drawing():
            with suppress(KeyboardInterrupt):
                _show_until(
                    lambda: _expect_no_error(sent, system.writer),
                    seconds,
                    every_s,
                    lambda: show(system, _report(system, begin)),
                )
            stop.set()
            lines = sent.result()
        _drain(system.writer, lines, lambda: _applied(system))
        maintain(system.owner)
        show(None, _report(system, begin))
        drawer.draw()
        return lines


def _load(root: Path) -> Trained:
    """Load the model in a thread: a compiler's callback would swallow the main one's interrupt."""
    with ThreadPoolExecutor(1, "loader") as pool:
        return pool.submit(load_trained, root).result()


def _record_deploys(trained: Trained, data: Path, system: System, begin: datetime) -> None:
    with connected(system.owner) as connection:
        record_background(connection, trained.version.name, read_background(data, gate=None))
        for variant in trained.service.arms:
            record_deploy(
                connection,
                variant=variant,
                model_version=trained.version.name,
                provenance_digest=trained.version.digest,
                at=begin,
            )


@contextmanager
def _sending(
    trained: Trained, system: System, begin: datetime, pace: Pace
) -> Iterator[tuple[Future[int], Event]]:
    """Send what people do until the event is set, or the block ends."""
    ingest = trained.params.ingest
    people = People(
        ingest.simulator,
        ingest.rating_scale.scale,
        service=trained.service,
        seen=trained.seen,
        begin=begin,
    )
    stop = Event()
    with ThreadPoolExecutor(1, "people") as pool:
        try:
            yield pool.submit(publish, system.broker, TOPIC, people.records(), pace, stop), stop
        finally:
            stop.set()


def _show_until(
    check: Callable[[], None], seconds: float | None, every_s: float, show: Callable[[], None]
) -> None:
    """Show again and again until the time is over, or ``check`` raises."""
    begin = time.monotonic()
    shown = 0
    while seconds is None or time.monotonic() - begin < seconds:
        check()
        if time.monotonic() - begin >= (shown + 1) * every_s:
            shown += 1
            show()
        time.sleep(_POLL_S)


def _expect_no_error(sent: Future[int], writer: Server) -> None:
    writer.expect_running()
    if sent.done():
        sent.result()


def _report(system: System, begin: datetime) -> Report:
    return read_report(system.reader, since=begin, until=datetime.now(UTC), by="variant")


def _drain(writer: Server, lines: int, count: Callable[[], int]) -> None:
    """Wait for as long as the writer gets on until it has applied every line that was sent."""
    applied, since = -1, 0.0
    while (now := count()) < lines:
        writer.expect_running()
        if now > applied:
            applied, since = now, time.monotonic()
        elif time.monotonic() - since > _DRAIN_S:
            raise MarqueeError(
                f"for {_DRAIN_S:g} s the writer has applied no line more than {applied}, "
                f"expected {lines}"
            )
        time.sleep(_POLL_S)


def _applied(system: System) -> int:
    with connected(system.reader) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(lines), 0)::bigint FROM report.stream")
        row = cursor.fetchone()
        return int(row[0]) if row else 0
