"""Rows of the event tables, the same ones for either engine, and changes to them."""

import random
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2.extras import execute_values, register_uuid

Rows = dict[str, list[tuple[Any, ...]]]
EVENT_TABLES = ("recommendation", "hit", "interaction", "stream_batch", "quarantine")


def make_rows(rng: random.Random, *, end: datetime, hours: float, answers: int) -> Rows:
    """Rows of all event tables, from ``hours`` before ``end`` up to it."""

    def time() -> datetime:
        return end - timedelta(seconds=rng.uniform(0, hours * 3600))

    rows: Rows = {name: [] for name in EVENT_TABLES}
    for number in range(answers):
        answer = _answer(rng, number, time())
        rows["recommendation"].append(answer)
        if answer[6] == 200 and rng.random() < 0.4:
            rows["hit"].append(_hit(rng, answer))
        rows["interaction"].append(_interaction(rng, number, time()))
        rows["stream_batch"].append(_batch(rng, number, time()))
        if number % 5 == 0:
            reason = rng.choice(("torn", "future", "empty"))
            rows["quarantine"].append(("movielog", number % 2, number, time(), reason, b"x"))
    return rows


def make_state(end: datetime) -> Rows:
    """Rows of the tables that are not of events: two partitions, one that lags, and a model."""
    offsets = [
        ("movielog", partition, "c", UUID(int=7), 0, 900 + 100 * partition, 1000, end, end)
        for partition in (0, 1)
    ]
    return {"stream_offset": offsets, "model_deploy": [("m1", end, "a", "0f" * 16)]}


def _answer(rng: random.Random, number: int, at: datetime) -> tuple[Any, ...]:
    status = rng.choices((200, 0, 500), (20, 1, 1))[0]
    items = [f"m{i}+2000" for i in range(rng.randrange(1, 21))] if status == 200 else []
    latency_ms = rng.choice((0, 1, 2, rng.randrange(900), int(rng.lognormvariate(4, 1))))
    variant, model = rng.choice("abc"), rng.choice(("m1", "m2"))
    identity = UUID(int=rng.getrandbits(128))
    return (
        identity, at, number % 50, variant, model, "s:1", status, latency_ms, items, None,
        None if status == 200 else "failed",
    )  # fmt: skip


def _hit(rng: random.Random, answer: Sequence[Any]) -> tuple[Any, ...]:
    delay = timedelta(seconds=rng.choice((0.000001, 60, 60.000001, rng.uniform(1, 3600), 3600)))
    rank = rng.randrange(1, 21)
    kind = rng.choice(("watch", "rating"))
    return (
        answer[0], answer[1], answer[3], answer[4], answer[1] + delay, rank, "m1+2000", kind,
        rng.randrange(1, rank + 1), rng.randrange(1, 4),
    )  # fmt: skip


def _interaction(rng: random.Random, number: int, at: datetime) -> tuple[Any, ...]:
    kind = rng.choice(("watch", "rating"))
    slot_at = at if kind == "rating" else at - timedelta(seconds=at.timestamp() % 1800)
    return rng.getrandbits(40), f"m{number}+2000", kind, slot_at, at, 1.0


def _batch(rng: random.Random, number: int, at: datetime) -> tuple[Any, ...]:
    counts = [rng.randrange(100) for _ in range(6)]
    seconds = rng.randrange(1, 64) / 64
    ends = (number * 1000, number * 1000 + sum(counts))
    topic = rng.choice(("movielog", "other"))
    return (topic, number % 2, *ends, at, at, seconds, sum(counts), *counts, rng.randrange(9))


COLUMNS = {"stream_offset": "topic, partition, cluster_id, topic_id, first_offset, next_offset, "
           "end_offset, max_event_at, updated_at"}  # fmt: skip


def insert(dsn: str, rows: Rows) -> None:
    """Insert rows, in one transaction."""
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        register_uuid(conn_or_curs=cursor)
        for table, values in rows.items():
            columns = f"({COLUMNS[table]})" if table in COLUMNS else ""
            execute_values(cursor, f"INSERT INTO telemetry.{table} {columns} VALUES %s", values)
