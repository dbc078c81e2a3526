"""A Grafana of the test's own: an HTTP server that speaks the few endpoints that are used."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "glsa_secret"  # noqa: S105
Json = dict[str, Any]


@dataclass(slots=True)
class GrafanaServer:
    """``trouble`` is what the server answers in the place of a request: status and body."""

    url: str = ""
    folders: dict[str, Json] = field(default_factory=dict)
    dashboards: dict[str, Json] = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    trouble: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def writes(self) -> list[str]:
        return [path for method, path in self.requests if method != "GET"]

    def answer(self, method: str, path: str, token: str | None, body: Json) -> tuple[int, Any]:
        where = urlsplit(path)
        self.requests.append((method, where.path))
        if (method, where.path) in self.trouble:
            return self.trouble[method, where.path]
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        return self.speak(method, where.path.removeprefix("/sub/api/"), where.query, body)

    def speak(self, method: str, path: str, query: str, body: Json) -> tuple[int, Any]:
        match method, path.split("/"):
            case "GET", ["folders", uid]:
                answer = found(self.folders.get(uid))
            case "POST", ["folders"]:
                self.folders[body["uid"]] = body
                answer = 200, body
            case "GET", ["dashboards", "uid", uid]:
                answer = found(self.dashboards.get(uid))
            case "POST", ["dashboards", "db"]:
                answer = self.save(body)
            case "GET", ["annotations"]:
                answer = 200, self.marks(parse_qs(query))
            case "POST", ["annotations"]:
                self.annotations.append(body)
                answer = 200, {"id": len(self.annotations), "message": "Annotation added"}
            case _:
                answer = found(None)
        return answer

    def save(self, body: Json) -> tuple[int, Json]:
        if body["folderUid"] not in self.folders:
            return 404, {"message": "folder not found"}
        uid = body["dashboard"]["uid"]
        before = self.dashboards.get(uid, {"dashboard": {"version": 0}})
        version = before["dashboard"]["version"] + 1
        given = {"id": len(self.dashboards) + 1, "version": version}
        self.dashboards[uid] = {
            "dashboard": body["dashboard"] | given,
            "meta": {"folderUid": body["folderUid"]},
        }
        return 200, {"uid": uid, "status": "success", "version": version}

    def marks(self, query: dict[str, list[str]]) -> list[Json]:
        low, high = int(query["from"][0]), int(query["to"][0])
        wanted = set(query["tags"])
        return [
            mark
            for mark in self.annotations
            if low <= mark["time"] <= high and wanted <= set(mark["tags"])
        ]


def found(item: Json | None) -> tuple[int, Any]:
    return (404, {"message": "Not found"}) if item is None else (200, item)


@contextmanager
def running_grafana() -> Iterator[GrafanaServer]:
    grafana = GrafanaServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            body = json.loads(self.rfile.read(length) or "{}")
            status, said = grafana.answer(
                self.command, self.path, self.headers["Authorization"], body
            )
            content = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        grafana.url = f"http://127.0.0.1:{server.server_port}/sub"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield grafana
        finally:
            server.shutdown()
            thread.join()
