"""How a broker is reached."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """An address and what it takes to be let in; ``bootstrap.broker`` makes one from settings."""

    servers: str
    """``HOST:PORT``, several joined by commas."""
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    timeout_s: float = 10
    """How long a broker may take to answer before it counts as dead."""

    def config(self) -> dict[str, Any]:
        """Return what every client of kafka-python takes."""
        return {
            "bootstrap_servers": self.servers,
            "bootstrap_timeout_ms": int(self.timeout_s * 1000),
            "reconnect_backoff_max_ms": 2_000,
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
            "ssl_cafile": self.cafile,
        }
