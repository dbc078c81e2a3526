"""A program as a server of this machine."""

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from marquee.dev.server import Server
from marquee.errors import BrokerError

_CODE = """\
import os, time
while not os.path.exists("end"):
    time.sleep(0.01)
print("last: x")
"""


class Sleeper(Server):
    """A program that does nothing until its folder has a file that lets it end."""

    name = "Sleeper"
    error = BrokerError
    stop_signal = kill_signal = signal.SIGKILL
    trouble = re.compile(r"^last: (.+)", re.MULTILINE)

    def command(self) -> list[str]:
        return [sys.executable, "-c", _CODE]

    def answers(self) -> bool:
        return True

    def let_end(self) -> None:
        (self.folder / "end").touch()
        with pytest.raises(BrokerError, match="ended by itself"):
            self.wait()


@contextmanager
def sleeping(folder: Path) -> Iterator[Sleeper]:
    server = Sleeper(folder, None)
    server.start()
    try:
        yield server
    finally:
        server.stop(immediate=True)
