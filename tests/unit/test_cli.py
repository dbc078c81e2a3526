"""The ``marquee`` command: how it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MARQUEE = [sys.executable, "-c", "from marquee.cli import main; main()"]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*MARQUEE, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "No such command 'nope'"),
        (["simulate"], "Missing argument 'OUT_DIR'"),
        (["simulate", "-", "--users", "0"], "0 is not in the range"),
        (["simulate", "-", "--fault-rate", "nan"], "fault_rate = nan: expected a finite number"),
        (["simulate", "-", "--start", "9999-12-20"], "60 days from 9999-12-20 are not on"),
        (["simulate", "-", "--users", "1000000000000"], "expected less than or equal to"),
    ],
)
def test_a_wrong_call_is_said_and_exits_with_2(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_the_data_is_one_line_and_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("mine")
    done = run("simulate", str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.startswith("marquee: ")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["something"]


def test_a_terminated_command_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen([*MARQUEE, "simulate", str(tmp_path / "log"), "--lines", "3000000"])
    while not list(tmp_path.glob(".log.partial-*/log/*")):
        assert process.poll() is None
        time.sleep(0.05)
    process.terminate()
    assert process.wait() == 130
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_exits_with_130() -> None:
    process = subprocess.Popen(
        [*MARQUEE, "simulate", "-", "--lines", "3000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.read(1)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.endswith(b"marquee: interrupted\n")
