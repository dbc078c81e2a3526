"""A Slack of the test's own: an HTTP server that answers by a script."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

DROP = "drop"
"""In the place of a reply: the connection is closed without one."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    body: Mapping[str, Any]
    token: str | None


@dataclass(slots=True)
class SlackServer:
    """``script`` is used up reply by reply; afterwards all is well."""

    address: str = ""
    script: list[Reply | str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def answer(self, request: Request) -> Reply | str:
        with self.lock:
            self.requests.append(request)
            if self.script:
                return self.script.pop(0)
            number = len(self.requests)
        if request.path.startswith("/api/"):
            channel = request.body["channel"]
            return api({"ok": True, "channel": channel, "ts": f"{number}.000"})
        return Reply()


def api(body: Mapping[str, Any], status: int = 200, **headers: str) -> Reply:
    """What the Web API says: JSON."""
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body), {"Content-Type": "application/json", **spelt})


@contextmanager
def running_slack() -> Iterator[SlackServer]:
    slack = SlackServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            authorization = self.headers["Authorization"]
            token = authorization.removeprefix("Bearer ") if authorization else None
            reply = slack.answer(Request(self.path, json.loads(body), token))
            if isinstance(reply, str):
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body.encode())))
            self.end_headers()
            self.wfile.write(reply.body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        slack.address = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield slack
        finally:
            server.shutdown()
            thread.join()
