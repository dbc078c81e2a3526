"""Errors that a user can fix: each is one line saying what was found, what was expected, where."""

from typing import ClassVar


class MarqueeError(Exception):
    """A mistake that the user can mend; shown as one line, never as a traceback."""

    exit_code: ClassVar[int] = 1


class ParameterError(MarqueeError):
    """A key or a value of ``params.yaml`` that has no meaning."""

    exit_code = 2


class DataError(MarqueeError):
    """Input data that is missing, damaged, or not what its source says it is."""

    exit_code = 3


class ModelError(MarqueeError):
    """A model that cannot be fitted, loaded, or asked what it was asked."""

    exit_code = 4


class ProvenanceError(MarqueeError):
    """A digest, lock or history that does not agree with what is on disk."""

    exit_code = 5


class GateFailure(MarqueeError):
    """A quality gate whose verdict is fail."""

    exit_code = 6


class SettingsError(MarqueeError):
    """An environment variable that is missing or has no meaning."""

    exit_code = 2


class BrokerError(MarqueeError):
    """A Kafka broker, topic or range of offsets that does not give what was asked of it."""

    exit_code = 7


class DatabaseError(MarqueeError):
    """A database that cannot be reached, refuses, or is not in the state expected."""

    exit_code = 8
