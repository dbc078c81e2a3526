"""Runs a command until standard input says a signal, or ends because the parent did.

``python -I -S guard.py IDENTITY SIGNAL COMMAND...``: a process of its own and not a signal on the
parent's death, which Linux alone has and sends when the *thread* ends that started the child. Each
byte of standard input is the number of a signal for the command; at its end SIGNAL is sent.
"""

import json
import os
import signal
import subprocess
import sys
import threading

PATIENCE_S = 30


def main(identity: str, last_signal: str, *command: str) -> int:
    """Return the command's exit code; IDENTITY is JSON for Popen's user, group, extra_groups."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **json.loads(identity))
    threading.Thread(target=_obey, args=(process, int(last_signal)), daemon=True).start()
    return process.wait()


def _obey(process: subprocess.Popen[bytes], last_signal: int) -> None:
    while said := os.read(0, 1):
        process.send_signal(said[0])
    process.send_signal(last_signal)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
