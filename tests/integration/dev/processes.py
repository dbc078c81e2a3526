"""``marquee dev`` as a process, and what it leaves running."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...shell import ENVIRONMENT


@contextmanager
def marquee_dev(*words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command and the value that it exports."""
    with subprocess.Popen(
        ["marquee", "dev", *words], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT | environment
    ) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().strip().partition("=")[2]
        finally:
            process.terminate()


def at_work_in(folder: Path) -> list[str]:
    """The processes whose working directory is the folder or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
        except OSError:
            continue  # it has ended
    return found


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Ask until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
