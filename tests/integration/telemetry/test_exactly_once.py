import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from .reference import build
from .stored import expect_tables, query
from .streams import NOW, make_stream

RUNS = int(os.environ.get("MARQUEE_PROOF_RUNS", "20"))
EVENTS = 300


@pytest.fixture(scope="module")
def supervisor() -> Iterator[subprocess.Popen[str]]:
    program = Path(__file__).with_name("writers.py")
    with subprocess.Popen(
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("seed", range(RUNS))
def test_writers_at_once_killed_and_resumed_leave_what_brute_force_says(
    store: str, supervisor: subprocess.Popen[str], seed: int
) -> None:
    window_s = random.Random(seed).choice((1800, 3600, 5400))
    query(store, f"UPDATE telemetry.attribution SET hit_window = '{window_s} seconds'")
    run = {"dsn": store, "seed": seed, "window_s": window_s, "events": EVENTS}
    assert supervisor.stdin is not None
    assert supervisor.stdout is not None
    supervisor.stdin.write(json.dumps(run) + "\n")
    supervisor.stdin.flush()
    ends = json.loads(supervisor.stdout.readline())
    assert (ends["finished"], ends["failed"]) == (4, 0)
    records = make_stream(random.Random(seed), events=EVENTS, partitions=4)
    expect_tables(store, build(records, timedelta(seconds=window_s), NOW))
