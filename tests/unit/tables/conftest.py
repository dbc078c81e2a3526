import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

SnapshotWriter = Callable[..., Path]


@pytest.fixture
def write_snapshot(tmp_path: Path) -> SnapshotWriter:
    """Write a raw snapshot: event parts as bytes, metadata by name; return its folder."""

    def write(*events: bytes, scale: Sequence[float] = (1, 5, 1), **metadata: bytes) -> Path:
        folder = tmp_path / "raw"
        folder.mkdir()
        parts = {f"events-{index:05}.log": data for index, data in enumerate(events)}
        parts |= {f"{name}.jsonl": data for name, data in metadata.items()}
        for name, data in parts.items():
            (folder / name).write_bytes(data)
        manifest = {
            "format": 1,
            "source": "files",
            "rating_scale": dict(zip(("min", "max", "step"), scale, strict=True)),
            "parts": [
                {
                    "name": name,
                    "bytes": len(data),
                    "lines": data.count(b"\n") + (data[-1:] not in (b"", b"\n")),
                    "sha256": sha256(data).hexdigest(),
                }
                for name, data in parts.items()
            ],
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return write
