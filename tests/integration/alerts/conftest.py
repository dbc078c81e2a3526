"""Slack, and what alerts are sent by."""

from collections.abc import Iterator

import pytest

from .slack_server import SlackServer, running_slack


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with running_slack() as server:
        yield server


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries wait as long as is asked, and their own pauses are short."""
    calculator = "slack_sdk.http_retry.builtin_interval_calculators.BackoffRetryIntervalCalculator"
    monkeypatch.setattr(f"{calculator}.calculate_sleep_duration", lambda *_: 0.01)
