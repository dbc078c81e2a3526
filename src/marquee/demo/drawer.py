"""The dashboards of the demo, on a page that follows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from marquee.dashboards.macros import Period
from marquee.dashboards.preview.write import write_preview
from marquee.telemetry.database import connected

PAGE = "preview.html"

_EVERY_S = 10.0
_LEAST = timedelta(hours=1)


class Drawer:
    """Draws what has happened from ``begin`` on to ``page``; what was written, by the clock."""

    def __init__(self, dsn: str, page: Path, begin: datetime) -> None:
        self._dsn, self._page, self._begin = dsn, page, begin
        self._started = datetime.now(UTC).replace(second=0, microsecond=0)  # counts are by minute

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Draw every ten seconds until the block ends; an open page follows."""
        stop = Event()
        with ThreadPoolExecutor(1, "drawer") as pool:
            drawn = pool.submit(self._go_on, stop)
            try:
                yield
            finally:
                stop.set()
            drawn.result()

    def _go_on(self, stop: Event) -> None:
        while not stop.wait(_EVERY_S):
            self.draw(reload_s=_EVERY_S)

    def draw(self, *, reload_s: float | None = None) -> None:
        """Draw once."""
        clock = Period(self._started, datetime.now(UTC))
        write_preview(self._dsn, self._page, self._lived(), clock=clock, reload_s=reload_s)

    def _lived(self) -> Period:
        with connected(self._dsn) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT watermark FROM report.watermark")
            ((newest,),) = cursor.fetchall()
        least = self._begin + _LEAST
        return Period(self._begin, max(newest, least) if newest else least)
