"""``marquee telemetry migrate``: the database as this version needs it."""

import click


@click.command
def command() -> None:
    """Bring the database to this version's tables, views and roles.

    Reads the address from MARQUEE_DSN: of a superuser, or of the database's owner who may create
    roles. Runs each migration that the database has not had in a transaction of its own, then,
    where they changed, makes the views anew and grants the roles marquee_writer and
    marquee_reader what they need. They may log in with MARQUEE_WRITER_PASSWORD and
    MARQUEE_READER_PASSWORD where those are set. Running it again changes nothing; two at once
    wait for each other.
    """
    from marquee.bootstrap import database_dsn
    from marquee.commands.display import print_table
    from marquee.settings import load_settings
    from marquee.telemetry.migrate import migrate
    from marquee.telemetry.roles import READER, WRITER

    settings = load_settings()
    secrets = {WRITER: settings.writer_password, READER: settings.reader_password}
    migrated = migrate(
        database_dsn(settings),
        passwords={role: secret.get_secret_value() for role, secret in secrets.items() if secret},
    )
    views = migrated.views
    click.echo(migrated.engine)
    print_table(
        "",
        ["file", ""],
        [
            *((name, "applied") for name in migrated.applied or ("migrations",)),
            (f"{len(views.names)} views", "made anew" if views.anew else "unchanged"),
        ],
    )
