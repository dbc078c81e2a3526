"""A small project with a real history: git, DVC, two stages that ran."""

import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from ...shell import commit, run

INGEST = """
import hashlib, json, os
os.makedirs("data/raw")
line = b"2025-01-01T00:00:02,7,GET /rate/heat+1995=4\\n"
open("data/raw/events-00000.log", "wb").write(line)
part = {"name": "events-00000.log", "bytes": len(line), "lines": 1}
part["sha256"] = hashlib.sha256(line).hexdigest()
json.dump({"source": "simulator", "parts": [part]}, open("data/raw/manifest.json", "w"))
"""
TRAIN = """
import os
os.makedirs("data/model")
open("data/model/config.json", "w").write("{}")
open("data/model/a\\u00fc.npy", "wb").write(b"\\x00" * 64)
os.makedirs("data/model/more")
open("data/model/more/empty", "w").close()
"""
STAGES = {
    "stages": {
        "ingest": {
            "cmd": f"{sys.executable} code/ingest.py",
            "deps": ["code", "requirements.lock"],
            "params": ["ingest"],
            "outs": ["data/raw"],
        },
        "train": {
            "cmd": f"{sys.executable} code/train.py",
            "deps": ["code", "data/raw", "requirements.lock"],
            "params": ["train"],
            "outs": ["data/model"],
            "metrics": [{"report.json": {"cache": False}}],
        },
    }
}
FILES = {
    "code/ingest.py": INGEST,
    "code/train.py": TRAIN + 'open("report.json", "w").write("{}")\n',
    "code/deeper/é.py": "",
    "dvc.yaml": json.dumps(STAGES),
    "params.yaml": "ingest: {seed: 1}\ntrain: {rate: 1e-05, names: ['[a]']}\n",
    "requirements.lock": (f"click=={version('click')} \\\n    --hash=sha256:00\nno-such==1\n"),
    ".dvcignore": "__pycache__\n.*.partial-*\n",
}


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its stages ran, committed."""
    folder = tmp_path_factory.mktemp("finished")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "code/__pycache__").mkdir()
    (folder / "code/__pycache__/ingest.pyc").write_bytes(b"differs from run to run")
    run("git", "init", "--quiet", folder=folder)
    run("dvc", "init", "--quiet", folder=folder)
    (folder / ".dvcignore").write_text(FILES[".dvcignore"])
    run("dvc", "repro", "--quiet", folder=folder)
    commit("Run", folder)
    return folder


@pytest.fixture
def project(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the finished project, as the working directory."""
    folder = shutil.copytree(finished, tmp_path / "project", symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def pin_another_pytest() -> None:
    """Pin a version that is not the installed one."""
    with Path("requirements.lock").open("a") as file:
        file.write("pytest==0.1\n")
