"""Settings to objects: the one place that wires.

The ingest stage depends on this file and on all that it imports, so it imports little.
"""

import re
import ssl
from ipaddress import AddressValueError, IPv6Address

from pydantic import ValidationError

from marquee.broker.options import BrokerOptions
from marquee.errors import SettingsError
from marquee.events import RatingScale
from marquee.params import RatingScaleParams
from marquee.settings import Settings

_SERVER = re.compile(r"(?:\[(.+)\]|[\w-]{1,63}(?:\.[\w-]{1,63})*\.?):(\d{1,5})", re.ASCII)


def broker(settings: Settings) -> BrokerOptions:
    """Return how the broker is reached; what is missing is a :class:`SettingsError`."""
    if not settings.kafka:
        raise SettingsError(
            "MARQUEE_KAFKA is not set: expected the broker's HOST:PORT "
            "(`marquee dev kafka` starts one)"
        )
    if not all(map(_is_server, settings.kafka.split(","))):
        raise SettingsError(
            f"MARQUEE_KAFKA = {settings.kafka!r}: expected HOST:PORT (1 to 65535), several joined "
            "by commas"
        )
    if settings.kafka_security_protocol.startswith("SASL"):
        for name in ("kafka_sasl_mechanism", "kafka_username", "kafka_password"):
            if getattr(settings, name) is None:
                raise SettingsError(
                    f"MARQUEE_{name.upper()} is not set: "
                    f"{settings.kafka_security_protocol} needs it"
                )
    if settings.kafka_cafile:
        _expect_authorities(settings.kafka_cafile)
    password = settings.kafka_password
    return BrokerOptions(
        servers=settings.kafka,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_username,
        password=password.get_secret_value() if password else None,
        cafile=settings.kafka_cafile,
    )


def rating_scale(settings: Settings) -> RatingScale:
    """Return the ratings that are accepted; what is no scale is a :class:`SettingsError`."""
    values = {name: getattr(settings, f"rating_{name}") for name in RatingScaleParams.model_fields}
    try:
        return RatingScaleParams.model_validate(values).scale
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = f"_{first['loc'][0]}".upper() if first["loc"] else "_MIN, _MAX and _STEP"
        said = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"MARQUEE_RATING{at}: {said}") from None


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


def _is_server(text: str) -> bool:
    match = _SERVER.fullmatch(text)
    if not match or not 1 <= int(match[2]) <= 65_535:
        return False
    try:
        return match[1] is None or bool(IPv6Address(match[1]))
    except AddressValueError:
        return False


def _expect_authorities(path: str) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # what OpenSSL says of a file's content is one too
        said = error.strerror or "no certificates"
        raise SettingsError(
            f"MARQUEE_KAFKA_CAFILE = {path!r}: {said}; expected a file of certificates (PEM)"
        ) from None
