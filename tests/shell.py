"""Commands as a developer types them, with the environment's tools on PATH and a known author."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def run(*command: str, folder: Path | None = None) -> str:
    """Run a command that must succeed and return what it printed."""
    done = attempt(*command, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def attempt(
    *command: str, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that may fail."""
    return subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT | environment,
        check=False,
        capture_output=True,
        text=True,
    )


def on_terminal(*command: str, folder: Path | None = None, columns: int = 80) -> str:
    """Run a command that must succeed on a terminal of its own; return what that was shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = b""
    with subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        with suppress(OSError):  # the end of what is shown, on Linux
            while chunk := os.read(ours, 65_536):
                shown += chunk
    os.close(ours)
    text = shown.decode()
    assert process.returncode == 0, text
    return text


def commit(message: str, folder: Path | None = None) -> str:
    """Commit everything and return the commit."""
    run("git", "add", "--all", folder=folder)
    run("git", "commit", "--quiet", "--message", message, folder=folder)
    return run("git", "rev-parse", "HEAD", folder=folder)
