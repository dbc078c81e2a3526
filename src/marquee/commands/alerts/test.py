"""``marquee alerts test``: a sample, to see that messages arrive."""

import click


@click.command
def command() -> None:
    """Send a sample to Slack.

    It goes where `marquee alerts run` would tell of an incident: with MARQUEE_SLACK_TOKEN to the
    channel MARQUEE_SLACK_CHANNEL, else to MARQUEE_SLACK_WEBHOOK.
    """
    from datetime import UTC, datetime

    from marquee.alerts.destination import open_slack
    from marquee.alerts.messages import sample_message
    from marquee.settings import load_settings, revealed

    settings = load_settings()
    slack = open_slack(
        token=revealed(settings.slack_token),
        channel=settings.slack_channel,
        webhook=revealed(settings.slack_webhook),
    )
    slack.begin(sample_message(datetime.now(UTC)))
    click.echo(f"sent a sample: {slack.where}")
