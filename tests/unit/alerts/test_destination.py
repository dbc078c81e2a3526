"""Alerts go by the bot where there is one; what is missing is tested with the commands."""

import pytest

from marquee.alerts.destination import open_slack

HOOK = "https://hooks.example/services/secret"


@pytest.mark.parametrize(
    ("token", "channel", "webhook", "where"),
    [
        ("xoxb-secret", "C1", None, "Slack channel C1, as a bot"),
        ("xoxb-secret", "C1", HOOK, "Slack channel C1, as a bot"),
        (None, "C1", HOOK, "Slack, by webhook"),
    ],
)
def test_a_bot_goes_before_a_webhook(
    token: str | None, channel: str, webhook: str | None, where: str
) -> None:
    assert open_slack(token=token, channel=channel, webhook=webhook).where == where
