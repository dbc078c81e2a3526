"""Waiting for a topic that nobody has made yet."""

import logging
import time
from collections.abc import Callable
from threading import Event

from marquee.broker.errors import BrokerUnavailable, UnknownTopic
from marquee.broker.topics import Broker, Topic
from marquee.errors import BrokerError

logger = logging.getLogger(__name__)

POLL_S = 1.0
REMIND_S = 600.0


def wait_for_topic(
    broker: Broker, name: str, stop: Event, note: Callable[[BrokerError], None] = lambda _: None
) -> Topic | None:
    """Return a topic as soon as the broker has it; None when ``stop`` is set before that.

    That it waits is logged once, and again every ``REMIND_S``, for the name may be wrong. ``note``
    gets the reason of each try that failed. A broker that does not answer the first question is an
    error; one that goes away later is waited for, too.
    """
    remind_at: float | None = None
    while not stop.is_set():
        try:
            return broker.describe(name)
        except UnknownTopic as error:
            if remind_at is None or time.monotonic() >= remind_at:
                _remind(name, broker.options.servers)
                remind_at = time.monotonic() + REMIND_S
            note(error)
        except BrokerUnavailable as error:
            if remind_at is None:
                raise
            note(error)
        stop.wait(POLL_S)
    return None


def _remind(name: str, servers: str) -> None:
    logger.warning(
        "waiting for topic=%s broker=%s: it is not there yet. Is the name right? "
        "`marquee simulate --to kafka --create-topic 4 --topic %s` makes it and fills it; "
        "Kafka's own `kafka-topics.sh --create` makes an empty one",
        name,
        servers,
        name,
    )
