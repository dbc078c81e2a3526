import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import errno, os, sys, time
from pathlib import Path
from marquee.errors import DataError
from marquee.params import Params
from marquee.stage import In, Out, run_stage

def work(params: Params, *, source: In, first_out: Out, second: Out):
    first_out.write_text(source.read_text() + params.ingest.source)
    second.mkdir()
    (second / "file").write_text("new")
    {body}

run_stage(work)
"""


@pytest.fixture
def run(tmp_path, example):
    (tmp_path / "params.yaml").write_text((example / "params.yaml").read_text())
    (tmp_path / "source").write_text("read ")
    (tmp_path / "first").write_text("before")

    def run(body, *, arguments=("--source", "source", "--first-out", "first", "--second", "two")):
        (tmp_path / "work.py").write_text(SCRIPT.replace("{body}", body))
        return subprocess.run(
            [sys.executable, "work.py", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def untouched(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    return (folder / "first").read_text() == "before" and names <= {
        "params.yaml",
        "source",
        "first",
        "work.py",
        "data",
    }


def test_a_stage_that_succeeds_leaves_its_outputs_and_what_it_cost(run, tmp_path):
    done = run("return {'fit_seconds': 1.5}")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "first").read_text() == "read simulator"
    assert (tmp_path / "two/file").read_text() == "new"
    costs = json.loads((tmp_path / "data/costs/work.json").read_text())
    assert costs.keys() == {"fit_seconds", "seconds", "peak_memory_bytes"}
    assert costs["peak_memory_bytes"] > 2**20


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("raise DataError('no rows')", 3, "work: no rows\n"),
        ("raise KeyboardInterrupt", 130, "work: interrupted; no output is half-written\n"),
        (
            "raise OSError(errno.ENOSPC, 'No space left on device', 'data/x')",
            1,
            "work: data/x: No space left on device\n",
        ),
        (
            "raise OSError('1000 requested and 0 written')",
            1,
            "work: output: 1000 requested and 0 written\n",
        ),
        ("raise MemoryError", 1, "work: out of memory; fewer rows or a smaller model would fit\n"),
    ],
)
def test_a_failure_is_one_line_with_an_exit_code_and_leaves_all_as_it_was(
    run, tmp_path, body, code, message
):
    done = run(body)
    assert (done.returncode, done.stderr) == (code, message)
    assert untouched(tmp_path)


def test_a_bug_keeps_its_traceback(run, tmp_path):
    done = run("{}['bug']")
    assert "KeyError" in done.stderr
    assert done.returncode == 1
    assert untouched(tmp_path)


def test_an_output_that_the_stage_forgot_is_an_error(run, tmp_path):
    done = run("first_out.unlink()")
    assert done.returncode == 3
    assert done.stderr == "work: first: expected an output, nothing was written there\n"
    assert untouched(tmp_path)


def test_when_the_costs_cannot_be_written_no_output_is_replaced(run, tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    done = run("pass")
    assert done.returncode == 1
    assert "Not a directory" in done.stderr or "File exists" in done.stderr
    assert untouched(tmp_path)


def test_each_path_is_an_option_that_must_be_given(run):
    done = run("pass", arguments=["--source", "source"])
    assert done.returncode == 2
    assert "required: --first-out, --second" in done.stderr


def test_a_wrong_parameter_stops_before_anything_is_done(run, tmp_path):
    text = (tmp_path / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("source: simulator", "source: tape"))
    done = run("pass")
    assert done.returncode == 2
    assert done.stderr.startswith("work: params.yaml: ingest.source = 'tape': expected ")
    assert untouched(tmp_path)


def test_a_signal_that_the_parent_ignores_still_interrupts(run, tmp_path):
    done = run("import signal; assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN")
    assert done.returncode == 0
    (tmp_path / "go").write_text(
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    )
    arguments = ["work.py", "--source", "source", "--first-out", "first", "--second", "two"]
    done = subprocess.run(
        [sys.executable, "go", *arguments], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
