"""What is told to stop by a signal, whatever the main thread is at."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from marquee.commands.signals import stopped_by_signals

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Put back what the signals meant before."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ALL}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ALL)
def test_a_signal_wakes_who_waits(number: signal.Signals) -> None:
    stop = stopped_by_signals()
    assert not stop.is_set()
    threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
    assert stop.wait()
    assert stop.is_set()


def test_a_wait_without_a_signal_ends_when_its_time_is_over() -> None:
    assert not stopped_by_signals().wait(0.3)


def test_a_signal_starts_no_thread_and_takes_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = stopped_by_signals()
    monkeypatch.delattr(threading.Thread, "start")
    with stop._cond:  # type: ignore[attr-defined]
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()


def test_a_second_interrupt_interrupts() -> None:
    stopped_by_signals()
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_terminal_may_hang_up_twice() -> None:
    stop = stopped_by_signals()
    signal.raise_signal(signal.SIGHUP)
    signal.raise_signal(signal.SIGHUP)
    assert stop.is_set()


def test_who_ignores_that_the_terminal_hangs_up_goes_on() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = stopped_by_signals()
    signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()
