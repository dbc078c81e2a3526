"""What runs until it is told to stop."""

import signal
import time
from threading import Event
from typing import Any

_POLL_S = 0.2


class _Told(Event):
    """An event whose ``set`` takes no lock: the main thread may hold it when a signal comes."""

    _told = False

    def set(self) -> None:
        self._told = True

    def is_set(self) -> bool:
        return self._told

    def wait(self, timeout: float | None = None) -> bool:
        until = None if timeout is None else time.monotonic() + timeout
        while not self._told:
            left = _POLL_S if until is None else until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, _POLL_S))
        return self._told


def stopped_by_signals() -> Event:
    """Return an event that SIGINT, SIGTERM or SIGHUP sets; a wait for it ends within 0.2 s.

    A second SIGINT or SIGTERM interrupts. Where SIGHUP was ignored (nohup), it still is.
    """
    stop = _Told()

    def tell(*_: Any) -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, tell)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, tell)
    return stop
