"""Kafka's jars: copied once by Maven into the user's cache."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from marquee.artifacts import whole
from marquee.errors import BrokerError

_POM = Path(__file__).with_name("pom.xml")
_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"
_ERROR = re.compile(r"\[ERROR\] (.+?)(?: -> \[Help 1\])?$", re.MULTILINE)


def kafka_version() -> str:
    """Return the version of Kafka that pom.xml names."""
    found = re.search(r"<kafka\.version>(.+)</kafka\.version>", _POM.read_text())
    assert found  # noqa: S101
    return found[1]


def kafka_jars(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the broker's jars, fetched with checked checksums if it is not there.

    It is there whole or not at all, and two processes do not fetch at once. Without Maven, or when
    Maven fails, a :class:`BrokerError`.
    """
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marquee"
    folder = cache / f"kafka-{kafka_version()}"
    if not folder.is_dir():
        with _alone(folder):
            if not folder.is_dir():
                for left in cache.glob(f".{folder.name}.partial-*"):  # by who was killed
                    shutil.rmtree(left, ignore_errors=True)
                _fetch(folder)
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = folder.with_name(f"{folder.name}.lock").open("w")
    except OSError as error:
        raise BrokerError(f"{error.filename}: {error.strerror}; Kafka is kept there") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path) -> None:
    from rich.console import Console

    version = kafka_version()
    maven = shutil.which("mvn")
    if not maven:
        raise BrokerError(f"mvn: no such command; Maven fetches Kafka {version} once")
    with whole(folder) as partial, Console(stderr=True).status(f"Fetching Kafka {version}"):
        done = subprocess.run(
            [
                *(maven, "--quiet", "--batch-mode", "--strict-checksums", "--file", str(_POM)),
                *(_GOAL, f"-DoutputDirectory={partial}"),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            said = _ERROR.findall(done.stdout) or done.stderr.splitlines() or ["no word"]
            raise BrokerError(f"Maven could not fetch Kafka {version}: {said[0]}")
