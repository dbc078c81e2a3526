"""The writer at a platform's pace: how long a line takes to the database, and what that costs.

``python -m benchmarks.telemetry_lag 30`` tries it for 30 seconds instead of 5 minutes.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import numpy as np
import psutil
import psycopg2
from kafka import TopicPartition
from numpy.typing import NDArray

from marquee.broker.clients import make_consumer, make_producer
from marquee.broker.options import BrokerOptions
from marquee.broker.topics import connect
from marquee.dev.database import start_database
from marquee.dev.kafka import start_kafka
from marquee.dev.server import free_port
from marquee.events import Event, Recommendation, Watch, format_event
from marquee.telemetry.migrate import migrate

SECONDS = 300.0
WATCHES_PER_S, ANSWERS_PER_S = 1_600, 12
VIEWERS = WATCHES_PER_S * 60
"""Each sends a line a minute."""
MOVIES = tuple(f"movie+{number}+2000" for number in range(5_000))
ITEMS = 20
HIT_RATE = 0.18
TOPIC, PARTITIONS = "movielog", 3
LAG_S, BUSY = 1.0, 0.30


def measure(seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Return the row of a run of so many seconds."""
    with (
        start_kafka() as kafka,
        start_database(settings={"track_commit_timestamp": "on"}) as database,
    ):
        migrate(database.dsn)
        options = BrokerOptions(kafka.address)
        with connect(options) as broker:
            broker.create_topic(TOPIC, PARTITIONS)
        with _writer(kafka.address, database.dsn) as writer:
            busy = _pace(kafka.address, writer, seconds)
            _wait_for_the_rest(options, database.dsn)
        lags = _lags(options, database.dsn)
    p50, p99, most = np.quantile(lags, (0.5, 0.99, 1))
    return [
        {
            "what": f"writer at {WATCHES_PER_S:,} watch + {ANSWERS_PER_S} recommendation lines/s "
            f"for {seconds / 60:g} min: lag p99, share of a core",
            "against": "–",
            "measured": f"{p99:.2f} s, {busy:.0%}",
            "asked": f"≤ {LAG_S:g} s, ≤ {BUSY:.0%}",
            "met": bool(p99 <= LAG_S and busy <= BUSY),
            "p50_s": round(float(p50), 3),
            "p99_s": round(float(p99), 3),
            "max_s": round(float(most), 3),
            "busy": round(busy, 3),
            "note": f"{len(lags):,} lines, each from the producer's send to its row's commit, "
            "attribution included",
        }
    ]


@contextmanager
def _writer(kafka: str, dsn: str) -> Iterator[psutil.Process]:
    """Yield the writer's process, at work."""
    port = free_port()
    environment = {
        **os.environ,
        "MARQUEE_KAFKA": kafka,
        "MARQUEE_DSN": dsn,
        "MARQUEE_HEALTH_PORT": str(port),
    }
    with subprocess.Popen(["marquee", "telemetry", "run"], env=environment) as process:
        try:
            while not _is_well(port):
                if process.poll() is not None:
                    raise RuntimeError("the writer ended by itself")
                time.sleep(0.1)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def _is_well(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _pace(kafka: str, writer: psutil.Process, seconds: float) -> float:
    """Send for so long, from a process of its own; return the writer's share of a core."""
    command = [sys.executable, "-m", "benchmarks.telemetry_lag", "send", kafka, str(seconds)]
    began, used = time.monotonic(), _cpu_s(writer)
    subprocess.run(command, check=True)
    return (_cpu_s(writer) - used) / (time.monotonic() - began)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def send(kafka: str, seconds: float) -> None:
    """Send lines as they are due, with the present as their time."""
    lines = _lines(random.Random(1))  # noqa: S311
    per_s = WATCHES_PER_S + ANSWERS_PER_S
    with make_producer(BrokerOptions(kafka)) as producer:
        producer.partitions_for(TOPIC)
        began, sent = time.monotonic(), 0
        while sent < seconds * per_s:
            due = int((time.monotonic() - began) * per_s)
            for _ in range(min(due, int(seconds * per_s)) - sent):
                key, line = next(lines)
                producer.send(TOPIC, line, key)
                sent += 1
            time.sleep(0.005)


def _lines(rng: random.Random) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and lines: each viewer in turn a minute further, in another movie at its end."""
    minutes = [rng.randrange(120) for _ in range(VIEWERS)]
    movies = rng.choices(MOVIES, k=VIEWERS)
    every = WATCHES_PER_S // ANSWERS_PER_S
    number = 0
    while True:
        user_id = number % VIEWERS
        if number % every == 0:
            items = tuple(rng.sample(MOVIES, ITEMS))
            yield _spell(Recommendation(datetime.now(UTC), user_id, "a:8082", 200, items, None, 40))
            if rng.random() < HIT_RATE:
                movies[user_id], minutes[user_id] = rng.choice(items), 0
        at = datetime.now(UTC).replace(microsecond=0)
        yield _spell(Watch(at, user_id, movies[user_id], minutes[user_id]))
        minutes[user_id] += 1
        if minutes[user_id] > 120:
            movies[user_id], minutes[user_id] = rng.choice(MOVIES), 0
        number += 1


def _spell(event: Event) -> tuple[bytes, bytes]:
    return str(event.user_id).encode(), format_event(event).encode()


def _wait_for_the_rest(options: BrokerOptions, dsn: str) -> None:
    with connect(options) as broker:
        sent = sum(broker.describe(TOPIC).ends.values())
    while _query(dsn, "SELECT sum(lines) FROM telemetry.stream_offset") != [(sent,)]:
        time.sleep(0.1)


def _lags(options: BrokerOptions, dsn: str) -> NDArray[np.float64]:
    """Return the seconds of each line from its send to the commit of its batch."""
    sent = _sent_at(options)
    lags = []
    for partition, begin, end, committed_at in _query(
        dsn,
        "SELECT partition, from_offset, to_offset,"
        " extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM telemetry.stream_batch",
    ):
        lags.append(committed_at - sent[partition][begin:end])
    return np.concatenate(lags)


def _sent_at(options: BrokerOptions) -> dict[int, NDArray[np.float64]]:
    """Return by partition when the producer sent each record, in seconds since 1970."""
    places = [TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]
    sent: dict[int, list[float]] = {partition: [] for partition in range(PARTITIONS)}
    consumer = make_consumer(options)
    try:
        consumer.assign(places)
        consumer.seek_to_beginning()
        while polled := consumer.poll(timeout_ms=3_000):
            for place, records in polled.items():
                sent[place.partition] += [record.timestamp / 1000 for record in records]
    finally:
        consumer.close(autocommit=False)
    return {partition: np.array(times) for partition, times in sent.items()}


def _query(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        send(sys.argv[2], float(sys.argv[3]))
    else:
        print(measure(*map(float, sys.argv[1:])))
