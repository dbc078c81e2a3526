"""Work that ends by itself, on SIGTERM, or on Ctrl-C, within seconds whatever hangs."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType

logger = logging.getLogger(__name__)

STOP_S = 5.0
"""How long work may take to end once it is told to."""


class _Terminated(BaseException):
    """SIGTERM came."""


def run_until_told(work: Callable[[Event], None]) -> None:
    """Do ``work(stop)`` in a thread; SIGTERM and Ctrl-C set ``stop`` and give it ``STOP_S``.

    Returns when the work is done or SIGTERM came; Ctrl-C is raised again afterwards, and so is
    what the work raised. Work that still hangs is left behind: it must be safe to break off.
    """
    stop, over = Event(), Event()
    failures: list[BaseException] = []

    def do() -> None:
        try:
            work(stop)
        except BaseException as error:
            failures.append(error)
        finally:
            over.set()

    # Not in the main thread, where a hanging call of a C library would hold back every signal.
    thread = Thread(target=do, name="writer", daemon=True)
    with _terminable():
        try:
            thread.start()
            over.wait()
        except _Terminated:
            logger.info("stopping")
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            stop.set()
            ended = over.wait(STOP_S)
    if failures:
        raise failures[0]
    if ended:
        logger.info("stopped")
    else:
        logger.warning("left hanging work behind after_s=%g", STOP_S)


@contextmanager
def _terminable() -> Iterator[None]:
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    # An exception, for Event.set() would wait for ever for a lock that the main thread holds.
    raise _Terminated
