"""Work in a thread ends when it is told to, and is left behind when it hangs."""

import os
import signal
from threading import Event

import pytest

from marquee.errors import DataError
from marquee.telemetry import process
from marquee.telemetry.process import run_until_told


def tell(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def test_work_that_ends_by_itself_is_over() -> None:
    done: list[bool] = []
    run_until_told(lambda stop: done.append(stop.is_set()))
    assert done == [False]


def test_what_the_work_raises_is_raised() -> None:
    def fail(stop: Event) -> None:
        raise DataError("no good")

    with pytest.raises(DataError, match="no good"):
        run_until_told(fail)


def test_sigterm_lets_the_work_come_to_its_end() -> None:
    done: list[bool] = []

    def work(stop: Event) -> None:
        tell(signal.SIGTERM)
        done.append(stop.wait(30))

    run_until_told(work)
    assert done == [True]


def test_an_interrupt_does_too_and_is_raised_again() -> None:
    done: list[bool] = []

    def work(stop: Event) -> None:
        tell(signal.SIGINT)
        done.append(stop.wait(30))

    with pytest.raises(KeyboardInterrupt):
        run_until_told(work)
    assert done == [True]


def test_work_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STOP_S", 0.05)
    forever = Event()

    def hang(stop: Event) -> None:
        tell(signal.SIGTERM)
        forever.wait(30)

    run_until_told(hang)
    forever.set()


def test_sigterm_means_afterwards_what_it_meant_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run_until_told(Event.set)
    assert signal.getsignal(signal.SIGTERM) is before
