"""A newcomer at terminals: the shell blocks of a page, and shells to paste them into."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$\n?", re.MULTILINE | re.DOTALL)
_DONE = "-- that was all, exit code"


@dataclass(frozen=True)
class Block:
    """What stands between two fences; ``kind`` is what stands behind the first one.

    ``sh`` is pasted into the first terminal, ``sh terminal`` into one of its own, where it stays;
    ``text`` is what the block before it prints.
    """

    kind: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The complete commands, each of one or more lines."""
        return list(_complete(self.text.splitlines()))


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    return [Block(kind.strip(), text) for kind, text in _FENCE.findall(page.read_text())]


def _complete(lines: list[str]) -> Iterator[str]:
    begun: list[str] = []
    for line in lines:
        begun.append(line)
        if line.endswith("\\"):
            continue
        said = subprocess.run(
            ["bash", "-n", "-c", "\n".join(begun)], capture_output=True, text=True, check=False
        )
        if said.returncode == 0 and "here-document" not in said.stderr:
            yield "\n".join(begun)
            begun = []
    assert not begun, f"no complete command: {begun}"


class Terminal:
    """A bash that one pastes commands into; each starts when the one before it is over."""

    def __init__(self, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                ["bash", "--norc"],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                text=True,
                start_new_session=True,
            )
        self._read = 0

    def paste(self, command: str) -> None:
        """Start a command."""
        assert self.process.stdin
        self.process.stdin.write(f"{command}\ncode=$?; echo; echo '{_DONE}' $code\n")
        self.process.stdin.flush()

    def run(self, command: str, seconds: float) -> str:
        """Return what a command printed, errors included; it must succeed within the time."""
        self.paste(command)
        said = self.wait_for(rf"\n{_DONE} \d+\n", seconds)
        printed, _, code = said.rpartition(f"\n{_DONE} ")
        self._read += len(said)
        assert int(code) == 0, f"exit code {int(code)}: {command}\n{printed}"
        return printed

    def wait_for(self, pattern: str, seconds: float) -> str:
        """Return what came since the last command, once the pattern is in it."""
        until = time.monotonic() + seconds
        while not re.search(pattern, said := self.log.read_text()[self._read :]):
            assert self.process.poll() is None, f"the shell ended:\n{said}"
            assert time.monotonic() < until, f"no {pattern!r} within {seconds:g} s:\n{said}"
            time.sleep(0.1)
        return said

    def interrupt(self, seconds: float) -> str:
        """Type Ctrl-C, as it reaches all programs of the terminal, and return all that was said."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(seconds)
        finally:
            self.kill()
        return self.log.read_text()

    def kill(self) -> None:
        """End whatever runs in it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.close()
