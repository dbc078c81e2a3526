"""What runs until it is told to stop."""

import signal
from threading import Event, Thread


def stopped_by_signals() -> Event:
    """Return an event that the first SIGINT or SIGTERM sets; a second one interrupts."""
    stop = Event()

    def set_stop(*_: object) -> None:
        # Not here: the main thread may be inside stop.wait(), holding the lock that set() takes.
        Thread(target=stop.set).start()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, set_stop)
    return stop
