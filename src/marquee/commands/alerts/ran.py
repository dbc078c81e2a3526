"""``marquee alerts ran``: how a job of one's own ended."""

import click


@click.command
@click.argument("job")
@click.option("--error", metavar="TEXT", help="Why it failed; without this it succeeded.")
def command(job: str, error: str | None) -> None:
    """Record in MARQUEE_DSN how a job of yours ended.

    Of the job `retraining` a failure is told by `marquee alerts run`, of any other by Grafana:
    `make repro && marquee alerts ran retraining || marquee alerts ran retraining --error "..."`.
    """
    from marquee.bootstrap import database_dsn
    from marquee.settings import load_settings
    from marquee.telemetry.database import connected
    from marquee.telemetry.jobs import record_job
    from marquee.telemetry.migrate import expect_migrated

    with connected(database_dsn(load_settings())) as connection:
        expect_migrated(connection)
        record_job(connection, job, error=error)
    click.echo(f"{job} {'succeeded' if error is None else 'failed'}")
