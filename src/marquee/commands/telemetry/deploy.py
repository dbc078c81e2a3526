"""``marquee telemetry deploy``: a mark where a model went into service."""

from pathlib import Path

import click


@click.command
@click.argument("variant")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    default=Path("data/model"),
    show_default=True,
    help="The folder of the model.",
)
@click.option(
    "--gate",
    type=click.Path(path_type=Path),
    help="What `marquee gate --json` printed of it, if it was judged.",
)
def command(variant: str, model: Path, gate: Path | None) -> None:
    """Record in MARQUEE_DSN that VARIANT answers with a model from now on.

    The model must be one that the dvc.lock here recorded, so that its version leads back to its
    parameters, data and code. Of what stands beside it, tables/ (what it was trained on) becomes
    what drift is measured against, and reports/fairness.json, with the gate's, its verdicts.
    """
    from marquee.bootstrap import database_dsn
    from marquee.service.load import version_of
    from marquee.settings import load_settings
    from marquee.telemetry.database import connected
    from marquee.telemetry.deploys import record_deploy
    from marquee.telemetry.migrate import expect_migrated
    from marquee.telemetry.references import read_background, record_background

    dsn = database_dsn(load_settings())
    version = version_of(model, Path())
    background = read_background(model.parent, gate)
    with connected(dsn) as connection:
        expect_migrated(connection)
        record_background(connection, version.name, background)
        record_deploy(
            connection,
            variant=variant,
            model_version=version.name,
            provenance_digest=version.digest,
        )
    click.echo(f"{variant} answers with model {version.name} ({version.digest})")
    if background.reference is None:
        click.echo(f"{model.parent / 'tables'}: not there, drift will not be judged", err=True)
