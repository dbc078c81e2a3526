"""A server program of this machine that lives no longer than the process that started it."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from marquee.errors import MarqueeError

HOST = "127.0.0.1"
START_S = 60
_GUARD = Path(__file__).with_name("guard.py")
_POLL_S = 0.05
# Below the ports that outgoing connections get: a client that reconnects to a stopped server's port
# from that very port would connect to itself, and the server could not come back.
_PORTS = range(15_000, 32_000)


class Server(ABC):
    """A program that listens on a port of 127.0.0.1, and whose output goes to ``folder``/log."""

    name: ClassVar[str]
    error: ClassVar[type[MarqueeError]]
    stop_signal: ClassVar[signal.Signals]
    kill_signal: ClassVar[signal.Signals]
    trouble: ClassVar[re.Pattern[str]]
    """What of the output says why the program ended."""

    def __init__(
        self, folder: Path, port: int | None, identity: Mapping[str, object] | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port() if port is None else port
        self._identity = identity or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._logged = 0

    @property
    def address(self) -> str:
        """Where it listens: HOST:PORT."""
        return f"{HOST}:{self.port}"

    @abstractmethod
    def command(self) -> list[str]:
        """Return the program and its arguments, to be run in ``folder``."""

    def environment(self) -> Mapping[str, str]:
        """Return the variables that it runs with: those of this process."""
        return os.environ

    @abstractmethod
    def answers(self) -> bool:
        """Say whether the server does what it is for."""

    def listens(self) -> bool:
        """Say whether something accepts connections on the port."""
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def start(self) -> None:
        """Start the server and return once it answers; again after a stop, on the same data.

        One that does not come up, or whose port is taken, is an error with its last words.
        """
        self._expect_port_free()
        command = self.command()
        with (self.folder / "log").open("ab") as log:
            self._logged = log.tell()
            self._process = self._guarded(command, log.fileno())
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop(immediate=True)
            raise

    def stop(self, *, immediate: bool = False) -> None:
        """Stop the server and return once it ended, at once without a word or in good order.

        Nothing happens to one that does not run.
        """
        if self._process is None:
            return
        process, self._process = self._process, None
        assert process.stdin  # noqa: S101
        try:
            process.stdin.write(bytes([self.kill_signal if immediate else self.stop_signal]))
        except BrokenPipeError:
            pass  # it ended by itself
        finally:
            process.stdin.close()
        process.wait()

    def wait(self) -> None:
        """Wait for as long as the server runs; its end is an error."""
        if self._process:
            self._process.wait()
        raise self.error(f"{self.name} ended by itself: {self._last_words()}")

    def _guarded(self, command: list[str], log: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(_GUARD)),
                *(json.dumps(self._identity), str(int(self.stop_signal))),
                *command,
            ],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=self.folder,
            env=self.environment(),
            start_new_session=True,  # an interrupt from the terminal is this process's to handle
        )

    def _wait_until_it_answers(self) -> None:
        assert self._process  # noqa: S101
        deadline = time.monotonic() + START_S
        while not self.answers():
            if self._process.poll() is not None:
                raise self.error(f"{self.name} did not start: {self._last_words()}")
            if time.monotonic() > deadline:
                words = self._last_words()
                raise self.error(f"{self.name} did not answer within {START_S} s: {words}")
            time.sleep(_POLL_S)

    def _expect_port_free(self) -> None:
        try:
            socket.create_server((HOST, self.port)).close()
        except (OSError, OverflowError) as error:
            raise self.error(f"{self.name} cannot listen on {self.address}: {error}") from None

    def _last_words(self) -> str:
        with (self.folder / "log").open("rb") as log:
            log.seek(self._logged)
            text = log.read().decode(errors="replace").strip()
        words = self.trouble.findall(text) or text.splitlines()
        return str(words[-1]) if words else "it said nothing"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    for port in random.sample(_PORTS, len(_PORTS)):
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            continue
        return port
    raise MarqueeError(f"{HOST}: no free port from {_PORTS.start} to {_PORTS.stop - 1}")


@contextmanager
def kept_or_temporary(folder: Path | None) -> Iterator[Path]:
    """Yield ``folder``, made if it is missing, or without one a folder removed at the end."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="marquee-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)
