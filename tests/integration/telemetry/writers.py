"""A program that runs writers, two a topic, as real processes, and kills them as it goes.

Each line of its input is a run (JSON: dsn, seed, window_s); it answers each with a line of JSON
when all records are applied. It forks, so that a writer is up at once.
"""

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812

sys.path.insert(0, str(Path(__file__).parent))

from streams import NOW, batches, make_stream

from marquee.events import RatingScale
from marquee.telemetry.apply import apply_batch
from marquee.telemetry.decode import decode
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.records import Rules, Stream

PARTITIONS = 4
TOPICS = {"even": (0, 2), "odd": (1, 3)}
"""Two topics, so that it takes the lock, not an offset's row, to keep writers apart."""
WRITERS = 4
DOOMS = ("kill", "raise", "after commit", "outside")


class Doomed(Cursor):
    """A cursor in whose connection one statement kills the process, or raises."""

    left = 0
    how = "kill"

    def execute(self, *args: Any) -> None:
        self._count()
        super().execute(*args)

    def copy_expert(self, *args: Any) -> None:
        self._count()
        super().copy_expert(*args)

    def _count(self) -> None:
        Doomed.left -= 1
        if Doomed.left == 0:
            if Doomed.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("doomed")


def write(run: dict[str, Any], topic: str, seed: str, doom: str) -> None:
    """Apply a topic from where the database is; ``doom`` says how it ends before that."""
    rng = random.Random(seed)
    rules = Rules(RatingScale(), timedelta(seconds=run["window_s"]), timedelta(minutes=5))
    records = make_stream(random.Random(run["seed"]), events=run["events"], partitions=PARTITIONS)
    log = [record for record in records if record.partition in TOPICS[topic]]
    connection = psycopg2.connect(run["dsn"], cursor_factory=Doomed)
    ends = {p: sum(record.partition == p for record in log) for p in TOPICS[topic]}
    stream = Stream(topic, UUID(int=7), "cluster")
    offsets = open_stream(connection, stream, dict.fromkeys(ends, 0), rules=rules)
    Doomed.how, Doomed.left = doom, rng.randrange(1, 40) if doom in ("kill", "raise") else 0
    apply = partial(apply_batch, connection, stream, rules=rules, now=NOW)
    for batch in batches(rng, log, offsets):
        try:
            apply(batch, ends)
        except RuntimeError:  # nothing of it may be there; the same connection must still do
            apply(batch, ends)
        if doom == "after commit" and rng.random() < 0.3:
            os.kill(os.getpid(), signal.SIGKILL)


def supervise(run: dict[str, Any]) -> dict[str, int]:
    """Let two writers of each topic run and die until each has come to the end."""
    rng = random.Random(f"supervise {run['seed']}")
    ends = {"finished": 0, "killed": 0, "failed": 0}
    unfinished, starts = set(range(WRITERS)), 0
    while unfinished:
        children = {}
        for number in sorted(unfinished):
            starts += 1
            doom = rng.choice(DOOMS) if starts < 5 * WRITERS else ""
            topic = sorted(TOPICS)[number % len(TOPICS)]
            children[fork(run, topic, f"{run['seed']}.{starts}", doom)] = (number, doom)
        for pid, (_, doom) in children.items():
            if doom == "outside":
                time.sleep(rng.random() * 0.03)
                os.kill(pid, signal.SIGKILL)
        for pid, (number, _) in children.items():
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            ends["killed" if status == -signal.SIGKILL else "failed" if status else "finished"] += 1
            if status != -signal.SIGKILL:
                unfinished.discard(number)
    return ends


def fork(run: dict[str, Any], topic: str, seed: str, doom: str) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        with suppress(SystemExit):
            write(run, topic, seed, doom)
            code = 0
        os._exit(code)
    return pid


def main() -> None:
    decode(make_stream(random.Random(0), events=20, partitions=1), RatingScale(), NOW)  # compiles
    for line in sys.stdin:
        print(json.dumps(supervise(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
