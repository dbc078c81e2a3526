"""``marquee dev``: a broker and a database of one's own, without Docker."""

from pathlib import Path

import click

_port = click.option(
    "--port", type=click.IntRange(1, 65_535), help="Where it listens; a free port by default."
)


@click.group(short_help="Run a Kafka broker or a PostgreSQL of your own, without Docker.")
def command() -> None:
    """Run a Kafka broker or a PostgreSQL on this machine until it is interrupted, without Docker.

    What is printed tells a shell's other commands where it is.
    """


@command.command()
@_port
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the topics in this folder; by default they are removed at the end.",
)
def kafka(port: int | None, data: Path | None) -> None:
    """Run a Kafka broker of one node; Java 17 runs it, and Maven fetches it once."""
    from marquee.dev.kafka import start_kafka

    with start_kafka(port=port, data=data) as broker:
        click.echo(f"export MARQUEE_KAFKA={broker.address}")
        broker.wait()


@command.command()
@_port
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default="data/postgres",
    show_default=True,
    help="The folder that keeps the database, and its password.",
)
def db(port: int | None, data: Path) -> None:
    """Run a PostgreSQL that keeps its database."""
    from marquee.dev.database import start_database

    with start_database(port=port, data=data) as database:
        click.echo(f"export MARQUEE_DSN={database.dsn}")
        database.wait()
