"""Which model was put into service when: what dashboards mark, and hit-rates are explained by."""

from datetime import datetime

from marquee.telemetry.database import Connection


def record_deploy(
    connection: Connection,
    *,
    variant: str,
    model_version: str,
    provenance_digest: str,
    at: datetime | None = None,
) -> None:
    """Record that ``variant`` answers with a model from ``at`` on, or from now on, and commit.

    ``provenance_digest`` is the model's own in ``dvc.lock``, which leads back to its data.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry.model_deploy "
            "(model_version, deployed_at, variant, provenance_digest) "
            "VALUES (%s, coalesce(%s, clock_timestamp()), %s, %s)",
            (model_version, at, variant, provenance_digest),
        )
