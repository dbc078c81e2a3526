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
        (["simulate"], "expected either OUT_DIR or --to kafka"),
        (["simulate", "-", "--users", "0"], "0 is not in the range"),
        (["simulate", "-", "--fault-rate", "nan"], "fault_rate = nan: expected a finite number"),
        (["simulate", "-", "--rate", "nan"], "nan is not a number"),
        (["simulate", "-", "--rate", "1e-300"], "1e-300 is not in the range"),
        (["simulate", "-", "--speed", "nan"], "nan is not a number"),
        (["simulate", "-", "--speed", "inf"], "inf is not in the range"),
        (["ingest", "kafka", "to", "--segment-seconds", "nan"], "nan is not a number"),
        (["telemetry", "maintain", "--every", "nan"], "nan is not a number"),
        (["alerts", "run", "--every", "inf"], "inf is not a number"),
        (["demo", "--seconds", "nan"], "nan is not a number"),
        (["dashboards", "preview", "--watch", "nan"], "nan is not a number"),
        (["gate", "base", "change", "--margin", "nan"], "nan is not a number"),
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


def simulating(folder: Path, hang_up: str = "SIG_DFL") -> "subprocess.Popen[bytes]":
    """A long simulation, which has begun to write."""
    code = f"import signal; signal.signal(signal.SIGHUP, signal.{hang_up}); {MARQUEE[-1]}"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "simulate", str(folder / "log"), "--lines", "3000000"]
    )
    while not written(folder):
        assert process.poll() is None
        time.sleep(0.05)
    return process


def written(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob(".log.partial-*/log/*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminated_command_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process = simulating(tmp_path)
    process.send_signal(number)
    assert process.wait() == 130
    assert list(tmp_path.iterdir()) == []


def test_a_command_whose_hang_up_is_ignored_goes_on(tmp_path: Path) -> None:
    process, before = simulating(tmp_path, "SIG_IGN"), written(tmp_path)
    process.send_signal(signal.SIGHUP)
    while written(tmp_path) == before:
        assert process.poll() is None
        time.sleep(0.05)
    process.terminate()
    assert process.wait() == 130


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
