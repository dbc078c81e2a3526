"""Slack: a bot that keeps an incident in one thread, or a webhook that can only post."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.http_retry.handler import RetryHandler
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.webhook import WebhookClient

from marquee.errors import MarqueeError

logger = logging.getLogger(__name__)

_TRIES = 4
_TIMEOUT_S = 10
_LONGEST_WAIT_S = 120
_DROPPED = [URLError, ConnectionError, HTTPException, TimeoutError]
_FAILURES = (SlackClientError, OSError, HTTPException, ValueError)
# At the level INFO the library logs the address of a webhook, at DEBUG a token: both are secrets.
_SILENT = logging.getLogger(f"{__name__}.library")
_SILENT.setLevel(logging.CRITICAL + 1)


class SlackError(MarqueeError):
    """A message that Slack did not take."""

    exit_code = 9


class _Refused(SlackError):
    """Slack's own no to one message: it may be too old to change, or its channel archived."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text for notifications and screen readers, and the same as blocks of Block Kit."""

    text: str
    blocks: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Thread:
    """Where an incident is told: the channel and the name of its first message."""

    channel: str
    name: str


class Slack(Protocol):
    """Somewhere to tell people; what is not taken is a :class:`SlackError`."""

    where: str

    def begin(self, message: Message) -> Thread | None:
        """Tell of an incident; return its thread, where there are threads."""

    def follow(self, message: Message, thread: Thread | None) -> None:
        """Tell more of it."""

    def end(self, message: Message, thread: Thread | None) -> None:
        """Tell that it is over."""


class Bot:
    """Posts to a channel; an incident is a thread whose first message becomes "resolved"."""

    def __init__(self, token: str, channel: str, api: str = "https://slack.com/api/"):
        self.where = f"Slack channel {channel}, as a bot"
        self._channel = channel
        self._client = WebClient(token, api, _TIMEOUT_S, retry_handlers=_retries(), logger=_SILENT)

    def begin(self, message: Message) -> Thread | None:
        """Post to the channel."""
        answer = self._call("chat.postMessage", message, channel=self._channel)
        return Thread(answer["channel"], answer["ts"])

    def follow(self, message: Message, thread: Thread | None) -> None:
        """Post in the thread; in the channel where there is none, or Slack refuses."""
        if thread is None or not self._taken(
            "chat.postMessage", message, channel=thread.channel, thread_ts=thread.name
        ):
            self.begin(message)

    def end(self, message: Message, thread: Thread | None) -> None:
        """Replace the first message, unless Slack refuses, and say in the thread why."""
        if thread:
            self._taken("chat.update", message, channel=thread.channel, ts=thread.name)
        self.follow(message, thread)

    def _taken(self, method: str, message: Message, **where: str) -> bool:
        try:
            self._call(method, message, **where)
        except _Refused as error:
            logger.warning("refused error=%s", error)
            return False
        return True

    def _call(self, method: str, message: Message, **where: str) -> Mapping[str, Any]:
        body = {"text": message.text, "blocks": list(message.blocks), **where}
        try:
            answer: Mapping[str, Any] = self._client.api_call(method, json=body).data  # type: ignore[assignment]
        except SlackApiError as error:
            kind = _Refused if error.response.status_code == 200 else SlackError
            raise kind(f"{self.where}: {method} refused: {_reason(error)}") from None
        except _FAILURES as error:
            raise SlackError(f"{self.where}: {_spell(error)}") from None
        return answer


class Webhook:
    """Posts one message after the other: a webhook can neither thread nor change them."""

    def __init__(self, url: str):
        self.where = "Slack, by webhook"
        self._client = WebhookClient(url, _TIMEOUT_S, retry_handlers=_retries(), logger=_SILENT)

    def begin(self, message: Message) -> None:
        """Post."""
        try:
            answer = self._client.send(text=message.text, blocks=message.blocks)  # type: ignore[arg-type]
        except _FAILURES as error:
            raise SlackError(f"{self.where}: {_spell(error)}") from None
        if answer.status_code != 200:
            raise SlackError(
                f"{self.where}: refused with {answer.status_code} {answer.body[:80].strip()!r}; "
                "a revoked or deleted webhook needs a new one in MARQUEE_SLACK_WEBHOOK"
            )

    def follow(self, message: Message, thread: Thread | None) -> None:  # noqa: ARG002
        """Post."""
        self.begin(message)

    def end(self, message: Message, thread: Thread | None) -> None:  # noqa: ARG002
        """Post."""
        self.begin(message)


class _RateLimit(RateLimitErrorRetryHandler):
    """Waits as long as Slack asks, unless that is longer than a message is worth waiting for."""

    def _can_retry(self, *, response: HttpResponse | None = None, **others: Any) -> bool:
        if response is None or not super()._can_retry(response=response, **others):
            return False
        given = {name.lower(): values[0] for name, values in response.headers.items()}
        return float(given.get("retry-after", "1")) <= _LONGEST_WAIT_S


class _ServerError(ServerErrorRetryHandler):
    """The library's own knows 500 and 503 alone."""

    def _can_retry(self, *, response: HttpResponse | None = None, **_: Any) -> bool:
        return response is not None and response.status_code >= 500


def _retries() -> list[RetryHandler]:
    return [
        _RateLimit(_TRIES),
        _ServerError(_TRIES),
        ConnectionErrorRetryHandler(_TRIES, error_types=_DROPPED),
    ]


def _reason(error: SlackApiError) -> str:
    """Return Slack's own word, such as ``invalid_auth``, or the status where it said none."""
    response = error.response
    data = response.data if isinstance(response.data, dict) else {}
    return str(data.get("error") or f"status {response.status_code}")


def _spell(error: Exception) -> str:
    """Name what happened; the library's own words may quote the request."""
    reason = getattr(error, "reason", None)
    return f"not reached: {type(reason if isinstance(reason, Exception) else error).__name__}"
