"""Lines to a topic, at the pace of their own times or of a clock."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event
from typing import Any

from marquee.broker.clients import make_producer
from marquee.broker.errors import broker_errors
from marquee.broker.options import BrokerOptions

_UNDERWAY = 50_000
"""The most lines that wait for the broker's word: what holds a producer back that is too fast."""
_NAP_S = 0.005


Line = tuple[int, bytes, int]
"""The user whose lines stay in order, the line, and its time in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast lines go out: so many a second, or so many times as fast as they happened.

    In the second case none goes out before it has happened.
    """

    rate: float | None = None
    speed: float = 1

    def due_s(self, sent: int, elapsed_us: int, behind_s: float) -> float:
        """Return when a line is due, in seconds since the first one; it happened ``behind_s`` ago.

        That may be negative: it has yet to happen.
        """
        if self.rate:
            return sent / self.rate
        return max(elapsed_us / 1e6 / self.speed, elapsed_us / 1e6 - behind_s)


def publish(
    options: BrokerOptions, topic: str, lines: Iterable[Line], pace: Pace, stop: Event
) -> int:
    """Send lines in order until they end or ``stop`` is set; return how many the broker has.

    A record's key is the user's id and its timestamp the wall clock's. A line that the broker does
    not take is a :class:`~marquee.errors.BrokerError`.
    """
    underway: deque[Any] = deque()
    longest_s = 3 * options.timeout_s
    sent = 0
    with make_producer(options) as producer, broker_errors(options, topic):
        for user_id, text, _ in _paced(lines, pace, stop):
            underway.append(producer.send(topic, text, str(user_id).encode()))
            sent += 1
            if len(underway) > _UNDERWAY:
                underway.popleft().get(longest_s)
        producer.flush(longest_s)
        for future in underway:
            future.get(longest_s)
    return sent


def _paced(lines: Iterable[Line], pace: Pace, stop: Event) -> Iterable[Line]:
    began, first_us, behind_s = time.monotonic(), None, 0.0
    for sent, line in enumerate(lines):
        *_, at_us = line
        if first_us is None:
            first_us, behind_s = at_us, time.time() - at_us / 1e6
        early_s = began + pace.due_s(sent, at_us - first_us, behind_s) - time.monotonic()
        if early_s > _NAP_S:
            stop.wait(early_s)
        if stop.is_set():
            return
        yield line
