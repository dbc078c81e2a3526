"""A thread that sends one thing after the other, no faster than Slack likes."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import Generic, TypeVar

from marquee.errors import MarqueeError

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Worker(Generic[T]):
    """Does ``send`` with each thing that is put in, in a thread, ``pause_s`` apart."""

    def __init__(self, send: Callable[[T], None], *, pause_s: float = 1.0, capacity: int = 100):
        self._send, self._pause_s = send, pause_s
        self._queue: Queue[T | None] = Queue(capacity)
        self._thread = Thread(target=self._work, name="alerts", daemon=True)
        self._thread.start()

    def put(self, thing: T) -> bool:
        """Queue a thing; False, and nothing done, where the queue is full."""
        try:
            self._queue.put_nowait(thing)
        except Full:
            return False
        return True

    def close(self, wait_s: float) -> bool:
        """Send what is queued and end; False where that takes longer."""
        begin = time.monotonic()
        with suppress(Full):
            self._queue.put(None, timeout=wait_s)
        self._thread.join(max(0.0, begin + wait_s - time.monotonic()))
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (thing := self._queue.get()) is not None:
            try:
                self._send(thing)
            except MarqueeError as error:
                logger.error("not_sent error=%s", error)
            except Exception:
                logger.exception("not_sent")
            time.sleep(self._pause_s)
