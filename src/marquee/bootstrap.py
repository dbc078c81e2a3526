"""Settings to objects: the one place that wires.

The ingest stage depends on this file and on all that it imports, so it imports little.
"""

import re
from pathlib import Path

from marquee.broker.options import BrokerOptions
from marquee.errors import SettingsError
from marquee.settings import Settings

_SERVER = re.compile(r"(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}", re.ASCII)


def broker(settings: Settings) -> BrokerOptions:
    """Return how the broker is reached; what is missing is a :class:`SettingsError`."""
    if not settings.kafka:
        raise SettingsError(
            "MARQUEE_KAFKA is not set: expected the broker's HOST:PORT "
            "(`marquee dev kafka` starts one)"
        )
    if not all(map(_SERVER.fullmatch, settings.kafka.split(","))):
        raise SettingsError(
            f"MARQUEE_KAFKA = {settings.kafka!r}: expected HOST:PORT, several joined by commas"
        )
    if settings.kafka_security_protocol.startswith("SASL"):
        for name in ("kafka_sasl_mechanism", "kafka_username", "kafka_password"):
            if getattr(settings, name) is None:
                raise SettingsError(
                    f"MARQUEE_{name.upper()} is not set: "
                    f"{settings.kafka_security_protocol} needs it"
                )
    if settings.kafka_cafile and not Path(settings.kafka_cafile).is_file():
        raise SettingsError(f"MARQUEE_KAFKA_CAFILE = {settings.kafka_cafile!r}: no such file")
    password = settings.kafka_password
    return BrokerOptions(
        servers=settings.kafka,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_username,
        password=password.get_secret_value() if password else None,
        cafile=settings.kafka_cafile,
    )


def database_dsn(settings: Settings) -> str:
    """Return the database's address; one that is missing is a :class:`SettingsError`."""
    if settings.dsn is None:
        raise SettingsError(
            "MARQUEE_DSN is not set: expected postgresql://USER:PASSWORD@HOST:PORT/NAME "
            "(`marquee dev db` starts one)"
        )
    return settings.dsn.get_secret_value()


def grafana_access(settings: Settings) -> tuple[str, str]:
    """Return Grafana's address and a token; what is missing is a :class:`SettingsError`."""
    if settings.grafana_url is None:
        raise SettingsError("MARQUEE_GRAFANA_URL is not set: expected http://HOST:PORT")
    if settings.grafana_token is None:
        raise SettingsError(
            "MARQUEE_GRAFANA_TOKEN is not set: expected the token of a service account of the "
            "role Editor"
        )
    return settings.grafana_url, settings.grafana_token.get_secret_value()
