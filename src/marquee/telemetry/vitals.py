"""How the writer does: its connections, its last progress, its figures."""

import logging
import time
from collections.abc import Callable

from marquee.telemetry.figures import Figures

logger = logging.getLogger(__name__)

STALLED_S = 30.0
"""A turn of the loop that takes longer counts as hanging."""


class Link:
    """A connection, as last seen; changes of its state are logged, tries are not."""

    def __init__(self, name: str, figures: Figures) -> None:
        self.name = name
        self.trouble: str | None = "not connected yet"
        self._figures = figures
        self._was_good = False

    def lost(self, error: Exception) -> None:
        """Note that it does not answer."""
        if self.trouble is None:
            logger.warning("%s lost reason=%s", self.name, error)
        self.trouble = str(error)

    def good(self) -> None:
        """Note that it answers."""
        if self.trouble is not None:
            logger.info("%s connected", self.name)
            if self._was_good:
                self._figures.reconnected(self.name)
        self.trouble, self._was_good = None, True


class Vitals:
    """What one thread notes and another one answers with."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.figures = Figures()
        self.broker = Link("broker", self.figures)
        self.database = Link("database", self.figures)
        self._clock = clock
        self.beat()

    def beat(self) -> None:
        """Note that the loop has turned."""
        self._beaten_at = self._clock()

    def troubles(self) -> list[str]:
        """Say what is wrong; nothing when the loop turns and both connections are good."""
        links = (self.broker, self.database)
        found = [f"{link.name}: {link.trouble}" for link in links if link.trouble is not None]
        still_s = self._clock() - self._beaten_at
        if still_s > STALLED_S:
            found.append(f"no progress for {still_s:.0f} s")
        return found
