"""``marquee alerts run``: what Grafana cannot judge."""

import click

from marquee.commands.numbers import FiniteRange


@click.command
@click.option("--once", is_flag=True, help="Judge once, tell what is to be told, and end.")
@click.option(
    "--every",
    type=FiniteRange(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="The time from one round to the next.",
)
def command(once: bool, every: float) -> None:
    """Judge what needs statistics, and tell Slack.

    Hit-rates, the split of users, drift, the verdicts on the models in service, and retraining are
    judged from MARQUEE_DSN by monitoring/thresholds.yaml; docs/runbooks has a page for each. An
    incident is told once, again every few hours, and when it is over. Several of these at once
    tell it once all the same. MARQUEE_SLACK_TOKEN and MARQUEE_SLACK_CHANNEL, or
    MARQUEE_SLACK_WEBHOOK, say where. SIGTERM and Ctrl-C end it after what is queued.
    """
    from marquee.alerts.destination import open_slack
    from marquee.alerts.runner import Runner, run
    from marquee.bootstrap import database_dsn
    from marquee.commands.logs import log_to_stderr
    from marquee.commands.signals import stopped_by_signals
    from marquee.settings import load_settings, revealed
    from marquee.telemetry.thresholds import load_thresholds

    settings = load_settings()
    log_to_stderr()
    slack = open_slack(
        token=revealed(settings.slack_token),
        channel=settings.slack_channel,
        webhook=revealed(settings.slack_webhook),
    )
    runner = Runner(database_dsn(settings), slack, load_thresholds(), runbooks=settings.runbooks)
    run(runner, None if once else every, stopped_by_signals())
