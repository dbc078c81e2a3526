"""A program as a server of this machine: what becomes of it when it ends."""

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from marquee.dev.server import Server
from marquee.errors import BrokerError


class Sleeper(Server):
    """A program that does nothing until its folder has a file that lets it end."""

    name = "Sleeper"
    error = BrokerError
    stop_signal = kill_signal = signal.SIGKILL
    trouble = re.compile(r"^last: (.+)", re.MULTILINE)

    def command(self) -> list[str]:
        code = (
            "import os, time\nwhile not os.path.exists('end'): time.sleep(0.01)\nprint('last: x')"
        )
        return [sys.executable, "-c", code]

    def answers(self) -> bool:
        return True

    def let_end(self) -> None:
        (self.folder / "end").touch()
        with pytest.raises(BrokerError, match="ended by itself"):
            self.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sleeper]:
    server = Sleeper(tmp_path, None)
    server.start()
    yield server
    server.stop(immediate=True)


def test_a_server_that_runs_is_expected_to(server: Sleeper) -> None:
    server.expect_running()


def test_a_server_that_ended_is_said_with_its_last_words(server: Sleeper) -> None:
    server.let_end()
    with pytest.raises(BrokerError, match=r"^Sleeper ended by itself: x$"):
        server.expect_running()
