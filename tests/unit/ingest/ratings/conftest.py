"""A source of tables in a folder of its own, read as the pipeline reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from marquee.artifacts import read_json
from marquee.ingest.snapshot import Manifest
from marquee.ingest.sources import write_snapshot
from marquee.params import IngestParams, load_params
from marquee.params.load import check


@dataclass
class Raw:
    folder: Path
    manifest: Manifest

    @property
    def log(self) -> list[str]:
        parts = sorted(self.folder.glob("events-*.log"))
        return "".join(part.read_text() for part in parts).splitlines()

    def rows(self, part: str) -> list[Any]:
        path = self.folder / part
        return [read_json_line(line) for line in path.read_text().split("\n")[:-1]]

    @property
    def events(self) -> list[str]:
        """The log with its movies as given, and its users where they were numbered."""
        movies = self.rows("movie-ids.jsonl")
        has_users = (self.folder / "user-ids.jsonl").exists()
        users = self.rows("user-ids.jsonl") if has_users else None
        found = []
        for line in self.log:
            at, user, request = line.split(",", 2)
            kind, movie, value = request.replace("+=", "+/").rsplit("/", 2)
            name = users[int(user)] if users else user
            found.append(f"{at} {name} {kind} {movies[int(movie[:-1])]} {value}")
        return found

    @property
    def faults(self) -> list[tuple[str, int, str]]:
        if not (self.folder / "rejected-events.jsonl").exists():
            return []
        rows = self.rows("rejected-events.jsonl")
        return [(row["file"], row["line_number"], row["reason"]) for row in rows]


def read_json_line(line: str) -> Any:
    import json

    return json.loads(line)


@pytest.fixture
def given(root) -> Mapping[str, Any]:
    return load_params(root / "params.yaml").ingest.model_dump()


@pytest.fixture
def read(tmp_path, monkeypatch, given) -> Callable[..., Raw]:
    """Read one table of a text, or ``files``; other keywords are columns and parameters."""
    monkeypatch.chdir(tmp_path)

    def read(text: str | bytes = b"", *, name: str = "ratings.csv", **more: Any) -> Raw:
        files = more.pop("files", {name: text})
        for path, content in files.items():
            file = tmp_path / "data/input" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode() if isinstance(content, str) else content
            if data is not None:
                file.write_bytes(data)
        ratings = dict(given["ratings"])
        ratings["paths"] = more.pop("paths", [f"data/input/{path}" for path in files])
        for kind in ("users", "movies"):
            if path := more.pop(kind, None):
                columns = ratings[kind]["columns"] | more.pop(f"{kind}_columns", {})
                ratings[kind] = {"path": f"data/input/{path}", "columns": columns}
        ratings["scale"] = more.pop("scale", None)
        ratings["columns"] = ratings["columns"] | more
        values = {**given, "source": "ratings", "ratings": ratings}
        params = check(IngestParams, values, where="params")
        folder = tmp_path / "raw"
        write_snapshot(params, Path("data/input"), folder, broker)
        return Raw(folder, read_json(folder / "manifest.json"))

    return read


def broker() -> Any:
    raise AssertionError("a table needs no broker")
