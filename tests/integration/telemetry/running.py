"""``marquee telemetry run`` as processes, topics for it to read, and what must come of them."""

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg2

from marquee.broker.clients import make_producer
from marquee.broker.options import BrokerOptions
from marquee.dev.server import free_port
from marquee.events import RatingScale
from marquee.telemetry.records import Record, Rules
from marquee.telemetry.vitals import Vitals
from marquee.telemetry.writer import Plan, write

from ...shell import ENVIRONMENT
from .reference import build
from .stored import expect_tables, query
from .streams import make_stream

PATIENCE_S = 60


@dataclass(frozen=True)
class Run:
    """A writer that runs, or has ended."""

    process: subprocess.Popen[bytes]
    log: Path
    health: str

    def ask(self, path: str) -> tuple[int, str]:
        """The status and the body of an answer of its own port."""
        try:
            with urlopen(f"http://{self.health}{path}") as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_well(self) -> bool:
        return self.ask("/healthz")[0] == 200

    def reasons(self) -> str:
        """What it says is wrong; nothing before it answers."""
        _, body = self.ask("/healthz")
        return "; ".join(json.loads(body)["reasons"]) if body else ""

    def end(self) -> tuple[int, str]:
        """Its exit code, once it ended by itself, and what it said last."""
        return self.process.wait(PATIENCE_S), self.log.read_text().splitlines()[-1]


@contextmanager
def writer(folder: Path, kafka: str, topic: str, dsn: str, **settings: str) -> Iterator[Run]:
    """A writer; it is killed at the end if it has not ended."""
    health = f"127.0.0.1:{free_port()}"
    environment = {
        **{name: value for name, value in ENVIRONMENT.items() if not name.startswith("MARQUEE_")},
        "MARQUEE_KAFKA": kafka,
        "MARQUEE_TOPIC": topic,
        "MARQUEE_GROUP": f"group of {topic}",
        "MARQUEE_DSN": dsn,
        "MARQUEE_HEALTH_PORT": health.rpartition(":")[2],
        **settings,
    }
    log = folder / f"writer-{health}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(["marquee", "telemetry", "run"], env=environment, stderr=file)
    try:
        yield Run(process, log, health)
    finally:
        process.kill()
        process.wait()


RULES = Rules(RatingScale(), hit_window=timedelta(hours=1), lateness=timedelta(minutes=5))


def make_plan(kafka: str, topic: str, dsn: str, rules: Rules = RULES) -> Plan:
    """What a writer of this process is told."""
    return Plan(
        broker=BrokerOptions(kafka, timeout_s=2),
        topic=topic,
        group=f"group of {topic}",
        dsn=dsn,
        rules=rules,
        batch_max=10_000,
        batch_seconds=0.1,
    )


@contextmanager
def writer_here(kafka: str, topic: str, dsn: str) -> Iterator[Future[None]]:
    """A writer in a thread of this process; it is stopped at the end."""
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(write, make_plan(kafka, topic, dsn), Vitals(), stop)
        finally:
            stop.set()


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for what must come true; that it takes too long is a failure."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def some_records(seed: int, events: int, partitions: int) -> list[Record]:
    """Records of all sorts, many of them of one session or hit."""
    return make_stream(random.Random(seed), events=events, partitions=partitions)


def send(kafka: str, topic: str, records: Sequence[Record]) -> None:
    """Append records, each to its partition."""
    with make_producer(BrokerOptions(kafka)) as producer:
        sent = [
            producer.send(
                topic,
                record.value,
                key=b"1",
                partition=record.partition,
                timestamp_ms=record.timestamp,
            )
            for record in records
        ]
        for future, record in zip(sent, records, strict=True):
            assert future.get(PATIENCE_S).offset == record.offset


def count_applied(dsn: str) -> int:
    """How many records the database has; none while it cannot be asked."""
    try:
        ((count,),) = query(dsn, "SELECT sum(lines) FROM telemetry.stream_offset")
    except psycopg2.OperationalError:
        return 0
    return int(count or 0)


def expect_all(dsn: str, records: Sequence[Record]) -> None:
    """Wait until all records are applied, and expect of the tables what brute force says."""
    wait_until(lambda: count_applied(dsn) == len(records))
    expect_tables(dsn, build(records, RULES.hit_window, datetime.now(UTC)))
