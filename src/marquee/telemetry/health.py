"""The writer's own HTTP port: ``/healthz`` and ``/metrics``."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from marquee.errors import SettingsError
from marquee.telemetry.vitals import Vitals

SILENT_S = 5.0
"""How long whoever asks may be silent: it keeps a thread."""


@contextmanager
def serve_health(vitals: Vitals, host: str, port: int) -> Iterator[int]:
    """Answer for ``vitals`` in threads of its own; yield the port, which 0 lets the system choose.

    ``/healthz`` says 200 when both connections are good and the loop turns, else 503 with the
    reasons. A port or host that cannot be had is a :class:`~marquee.errors.SettingsError`.
    """
    handler = type("Handler", (_Handler,), {"vitals": vitals, "timeout": SILENT_S})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise SettingsError(
            f"MARQUEE_HEALTH_HOST, MARQUEE_HEALTH_PORT: cannot listen on {host}:{port} "
            f"({error.strerror}), expected a free port of this machine"
        ) from None
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True, name="health").start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    vitals: Vitals

    def handle(self) -> None:
        """Answer; whoever hangs up meanwhile does not want to know."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        if self.path == "/healthz":
            troubles = self.vitals.troubles()
            status = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
            body = json.dumps({"status": "failing" if troubles else "ok", "reasons": troubles})
            self._answer(status, "application/json", body.encode())
        elif self.path == "/metrics":
            self._answer(
                HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self.vitals.figures.registry)
            )
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: whoever asks comes every few seconds."""
