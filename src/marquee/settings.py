"""Where Marquee runs: read from the environment alone, never a reason for another result."""

import os
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from marquee.errors import SettingsError


class Settings(BaseModel):
    """Each field is the environment variable ``MARQUEE_`` + its name in upper case."""

    model_config = ConfigDict(frozen=True)

    kafka: str | None = None
    """The broker: ``HOST:PORT``, several joined by commas."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_cafile: str | None = None
    """Certificate authorities that the broker's certificate is checked against."""
    topic: str = Field(default="movielog", pattern=r"^[a-zA-Z0-9._-]{1,249}$")
    group: str = Field(default="marquee-telemetry", min_length=1, max_length=255)
    """The consumer group of the telemetry writer."""

    dsn: SecretStr | None = None
    """The database: ``postgresql://USER:PASSWORD@HOST:PORT/NAME``."""
    writer_password: SecretStr | None = None
    """What ``marquee telemetry migrate`` lets the role ``marquee_writer`` log in with."""
    reader_password: SecretStr | None = None
    """The same for ``marquee_reader``."""

    hit_window_s: int = Field(default=3600, ge=60, le=604_800)
    """How long after an answer a viewing or rating still counts as its hit."""
    lateness_s: int = Field(default=300, ge=0, le=86_400)
    """How far behind the newest event a line may be before it is counted as late."""
    rating_min: float = 1
    rating_max: float = 5
    rating_step: float = Field(default=1, gt=0)

    batch_max: int = Field(default=10_000, ge=1, le=100_000)
    """The most lines in one transaction."""
    batch_seconds: float = Field(default=0.25, gt=0, le=60)
    """How long the first line of a batch waits for company."""
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=9108, ge=0, le=65_535)
    """Where the writer answers ``/healthz`` and ``/metrics``; 0 takes a free port."""

    grafana_url: str | None = Field(default=None, pattern=r"^https?://[^/@\s]+(/\S*)?$")
    """Where a Grafana runs, for those who push dashboards to it: ``http://HOST:PORT``."""
    grafana_token: SecretStr | None = None
    """A service account's token, with the role Editor."""

    slack_token: SecretStr | None = None
    """A bot's token (``xoxb-…``), with the scope ``chat:write``; it posts to ``slack_channel``."""
    slack_channel: str | None = None
    """The channel's id, ``C…``, that the bot was invited to."""
    slack_webhook: SecretStr | None = None
    """An incoming webhook, where there is no bot."""
    runbooks: str = "docs/runbooks"
    """Where messages say that the pages of ``docs/runbooks`` are read."""


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment (or ``environ`` in its place).

    A value without meaning is a :class:`~marquee.errors.SettingsError` that names the variable and
    never shows a secret.
    """
    given = os.environ if environ is None else environ
    values = {
        name: given[key] for name in Settings.model_fields if (key := _variable(name)) in given
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingsError(f"{_variable(str(first['loc'][0]))}: {first['msg']}") from None


def revealed(secret: SecretStr | None) -> str | None:
    """Return what a secret holds, None for none."""
    return secret.get_secret_value() if secret else None


def _variable(name: str) -> str:
    return f"MARQUEE_{name.upper()}"
