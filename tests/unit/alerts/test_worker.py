"""Things are sent one after the other, by a thread that nothing stops but its end."""

from threading import Event

import pytest

from marquee.alerts.worker import Worker
from marquee.errors import DatabaseError


def test_what_is_queued_is_sent_in_order_before_the_end() -> None:
    sent: list[int] = []
    worker = Worker(sent.append, pause_s=0)
    assert all(worker.put(number) for number in range(20))
    assert worker.close(10)
    assert sent == list(range(20))


def test_a_full_queue_takes_no_more() -> None:
    go_on = Event()
    worker = Worker(lambda _: go_on.wait() and None, pause_s=0, capacity=2)
    taken = [worker.put(number) for number in range(10)]
    assert not taken[-1]
    assert 2 <= sum(taken) <= 3  # one may be with the thread already
    go_on.set()
    assert worker.close(10)


def test_a_worker_that_hangs_is_left_behind() -> None:
    go_on = Event()
    worker = Worker(lambda _: go_on.wait() and None, pause_s=0)
    worker.put(1)
    assert not worker.close(0.01)
    go_on.set()
    assert worker.close(10)


def test_what_cannot_be_sent_does_not_stop_the_next(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[float] = []
    worker = Worker[int](lambda number: sent.append(1 / number), pause_s=0)
    worker.put(0)
    worker.put(2)
    assert worker.close(10)
    assert sent == [0.5]
    assert "not_sent" in caplog.text


def test_a_database_that_is_away_is_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def send(_: int) -> None:
        raise DatabaseError("database marquee: it is shut down")

    worker = Worker(send, pause_s=0)
    worker.put(1)
    assert worker.close(10)
    assert caplog.messages == ["not_sent error=database marquee: it is shut down"]
    assert "Traceback" not in caplog.text
