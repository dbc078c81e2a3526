"""Which Slack: a bot where there is a token, else a webhook."""

from marquee.alerts.slack import Bot, Slack, Webhook
from marquee.errors import SettingsError


def open_slack(*, token: str | None, channel: str | None, webhook: str | None) -> Slack:
    """Return where alerts are told, by the bot if both are given; nothing is sent yet.

    Neither, a token without a channel, and a webhook that is no address are each a
    :class:`~marquee.errors.SettingsError`.
    """
    if token and not channel:
        raise SettingsError(
            "MARQUEE_SLACK_CHANNEL is not set: MARQUEE_SLACK_TOKEN needs the id of a channel"
        )
    if token and channel:
        return Bot(token, channel)
    if not webhook:
        raise SettingsError(
            "neither MARQUEE_SLACK_TOKEN nor MARQUEE_SLACK_WEBHOOK is set: expected a bot's token "
            "and MARQUEE_SLACK_CHANNEL, or an incoming webhook's address"
        )
    if not webhook.startswith(("https://", "http://")):
        raise SettingsError("MARQUEE_SLACK_WEBHOOK: expected an address that begins with https://")
    return Webhook(webhook)
