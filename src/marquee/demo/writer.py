"""The telemetry writer as a process of its own."""

import os
import re
import signal
import sys
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from marquee.dev.server import Server
from marquee.errors import MarqueeError


class Writer(Server):
    """``marquee telemetry run``, which answers at its health address."""

    name = "The telemetry writer"
    error = MarqueeError
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL
    trouble = re.compile(r"^marquee: (.+)", re.MULTILINE)

    def __init__(self, folder: Path, *, kafka: str, dsn: str, topic: str) -> None:
        super().__init__(folder, None)
        self._settings = {
            "MARQUEE_KAFKA": kafka,
            "MARQUEE_DSN": dsn,
            "MARQUEE_TOPIC": topic,
            "MARQUEE_HEALTH_PORT": str(self.port),
        }

    def command(self) -> list[str]:
        """Return the command, run by this Python."""
        return [sys.executable, "-m", "marquee", "telemetry", "run"]

    def environment(self) -> Mapping[str, str]:
        """Return this process's variables without its own settings: they are for other servers."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MARQUEE_")}
        return inherited | self._settings

    def answers(self) -> bool:
        """Say whether it is healthy."""
        try:
            with urlopen(f"http://{self.address}/healthz", timeout=5):
                return True
        except (OSError, HTTPException):
            return False
