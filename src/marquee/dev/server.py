"""A server program of this machine that lives no longer than the process that started it."""

import fcntl
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, ClassVar, TypeVar

from marquee.errors import MarqueeError

HOST = "127.0.0.1"
START_S = 120
_GUARD = Path(__file__).with_name("guard.py")
_POLL_S = 0.05
# Below the ports that outgoing connections get: a client that reconnects to a stopped server's port
# from that very port would connect to itself, and the server could not come back.
_PORTS = range(15_000, 32_000)
S = TypeVar("S", bound="Server")


class Server(ABC):
    """A program that listens on a port of 127.0.0.1, and whose output goes to ``folder``/log."""

    name: ClassVar[str]
    error: ClassVar[type[MarqueeError]]
    stop_signal: ClassVar[signal.Signals]
    kill_signal: ClassVar[signal.Signals]
    trouble: ClassVar[re.Pattern[str]]
    """What of the output says why the program ended: its one group, of the last match."""

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

        One that does not come up is an error with its last words, as is a port that is taken, and
        a folder on which another runs.
        """
        self._expect_port_free()
        with self._locked_log() as log:
            self._logged = log.tell()
            self._process = self._guarded(self.command(), log.fileno())
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
        raise self._ended()

    def expect_running(self) -> None:
        """Check that the server has not ended by itself, which is an error with its last words."""
        if self._process and self._process.poll() is not None:
            raise self._ended()

    def _ended(self) -> MarqueeError:
        return self.error(f"{self.name} ended by itself: {self._last_words()}")

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
        except OSError as error:
            said = os.strerror(error.errno or 0)
            raise self.error(f"{self.name} cannot listen on {self.address}: {said}") from None

    @contextmanager
    def _locked_log(self) -> Iterator[BinaryIO]:
        """Open the log; its lock is held by all who can write there, the program to the last."""
        path = self.folder / "log"
        try:
            log = path.open("ab")
        except OSError as error:
            raise self.error(f"{path}: {error.strerror}") from None
        with log:
            try:
                fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self.error(f"{self.folder}: another {self.name} runs on it") from None
            yield log

    def _last_words(self) -> str:
        with (self.folder / "log").open("rb") as log:
            log.seek(self._logged)
            output = log.read().decode(errors="replace").strip()
        words = self.trouble.findall(output) or output.splitlines() or ["it said nothing"]
        return re.sub(r"\n.*?:  ", "; ", str(words[-1]))


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
def running(data: Path | None, make: Callable[[Path], S]) -> Iterator[S]:
    """Run the server that ``make`` makes of a folder, which without ``data`` is a temporary one."""
    with ExitStack() as stack:
        if data is None:
            server = make(Path(stack.enter_context(_temporary())) / "data")
        else:
            server = make(data.resolve())
        stack.callback(server.stop, immediate=data is None)
        server.start()
        yield server


def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="marquee-", ignore_cleanup_errors=True)
