"""``marquee telemetry run``: the stream into the database, until stopped."""

import click


@click.command
def command() -> None:
    """Write the stream into the database until stopped.

    Reads the topic MARQUEE_TOPIC of MARQUEE_KAFKA as a member of the consumer group MARQUEE_GROUP
    and applies it to MARQUEE_DSN, exactly once in effect; several at once share the partitions.
    A topic that is not there yet is waited for. Whatever else is wrong at the start is an error; a
    broker or database that goes away later is waited for. SIGTERM and Ctrl-C end it after the
    transaction at hand. MARQUEE_HEALTH_HOST and MARQUEE_HEALTH_PORT say where it answers /healthz
    and /metrics.
    """
    import logging

    from marquee.bootstrap import broker, database_dsn
    from marquee.commands.logs import log_to_stderr
    from marquee.commands.telemetry.rules import rules_of
    from marquee.settings import load_settings
    from marquee.telemetry.health import serve_health
    from marquee.telemetry.process import run_until_told
    from marquee.telemetry.vitals import Vitals
    from marquee.telemetry.writer import Plan, write

    settings = load_settings()
    plan = Plan(
        dsn=database_dsn(settings),
        broker=broker(settings),
        topic=settings.topic,
        group=settings.group,
        rules=rules_of(settings),
        batch_max=settings.batch_max,
        batch_seconds=settings.batch_seconds,
    )
    vitals = Vitals()
    log_to_stderr()
    with serve_health(vitals, settings.health_host, settings.health_port) as port:
        if not settings.health_port:
            logging.getLogger(__name__).info("health host=%s port=%s", settings.health_host, port)
        run_until_told(lambda stop: write(plan, vitals, stop))
