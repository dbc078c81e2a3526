"""What kafka-python raises, said in one line to whoever can mend it."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import (
    AuthorizationError,
    BrokerResponseError,
    IllegalSaslStateError,
    InvalidTopicError,
    KafkaError,
    LogTruncationError,
    OffsetOutOfRangeError,
    SaslAuthenticationFailedError,
    UnknownTopicIdError,
    UnknownTopicOrPartitionError,
    UnsupportedSaslMechanismError,
)

from marquee.broker.options import BrokerOptions
from marquee.errors import BrokerError

_LOGIN = "MARQUEE_KAFKA_SECURITY_PROTOCOL, _SASL_MECHANISM, _USERNAME and _PASSWORD"
_NAME = "1 to 249 letters, digits, dots, _ and -, and more than dots"


class BrokerUnavailable(BrokerError):
    """A broker that does not answer; it may come back by itself."""


class UnknownTopic(BrokerError):
    """A topic that the broker does not have."""


@contextmanager
def broker_errors(options: BrokerOptions, topic: str = "") -> Iterator[None]:
    """Raise what kafka-python raises in the block as a :class:`BrokerError` of one line.

    What may pass by itself (a dead broker, a leader being elected) is :class:`BrokerUnavailable`.
    """
    try:
        yield
    except KafkaError as error:
        raise _translated(error, options, topic) from None


def _translated(error: KafkaError, options: BrokerOptions, topic: str) -> BrokerError:
    broker, who = f"the broker at {options.servers}", options.username or "a nameless user"
    match error:
        case UnknownTopicOrPartitionError() | UnknownTopicIdError():
            return UnknownTopic(f"topic {topic}: {broker} has no such topic")
        case InvalidTopicError():
            said = f"topic {topic}: {broker} finds its name invalid: expected {_NAME}"
        case LogTruncationError():
            said = (
                f"topic {topic}: {broker} no longer has what was read of it: its log was "
                "truncated, or the topic made anew"
            )
        case OffsetOutOfRangeError():
            said = f"topic {topic}: {broker} does not hold the offsets asked for"
        case (
            SaslAuthenticationFailedError()
            | UnsupportedSaslMechanismError()
            | IllegalSaslStateError()
        ):
            said = f"{broker} does not let {who} in: check {_LOGIN}"
        case AuthorizationError():
            said = f"{broker} does not allow this to {who}: {_reason(error)}"
        case _ if error.retriable:
            # Refused, kafka-python often sees no more than that the broker hung up.
            hint = f"; if it does not let {who} in, check {_LOGIN}" if options.username else ""
            return BrokerUnavailable(f"{broker} does not answer: {_reason(error)}{hint}")
        case _:
            said = f"{broker}: {_reason(error)}"
    return BrokerError(said)


def _reason(error: KafkaError) -> str:
    """Say what the broker means by its code, or what the client found, without its requests."""
    name = type(error).__name__
    if isinstance(error, BrokerResponseError):
        return f"{name.removesuffix('Error')}: {error.description}"
    return (str(error).splitlines() or [name])[0].removeprefix(f"{name}: ")
