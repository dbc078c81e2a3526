"""Answers and their hits, put into the tables as the writer would."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg2
from psycopg2.extras import execute_values

# Recent, as old rows are dropped; on the hour, so that every run cuts the same periods.
NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Hit:
    """The first hit's delay in seconds; ranks from 1."""

    delay_s: float
    best_rank: int = 1
    items_hit: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A request, by default answered with ten movies, served so long before noon."""

    before_s: float
    variant: str = "a"
    model_version: str = "m1"
    status: int = 200
    latency_ms: int = 20
    items: int = 10
    hit: Hit | None = None

    @property
    def served_at(self) -> datetime:
        return NOON - timedelta(seconds=self.before_s)


def store(dsn: str, answers: Iterable[Answer]) -> None:
    """Store the answers, and the hits that have come by noon."""
    numbered = [(str(uuid4()), answer) for answer in answers]
    recommendations = [
        (
            *(request_id, a.served_at, 1, a.variant, a.model_version, "h:1", a.status),
            *(a.latency_ms, ["m+1999"] * a.items),
        )
        for request_id, a in numbered
    ]
    hits = [
        (
            *(request_id, a.served_at, a.variant, a.model_version),
            *(a.served_at + timedelta(seconds=hit.delay_s), hit.best_rank, "m+1999", "watch"),
            *(hit.best_rank, hit.items_hit),
        )
        for request_id, a in numbered
        if (hit := a.hit) and hit.delay_s <= a.before_s
    ]
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO telemetry.recommendation (request_id, served_at, user_id, variant, "
            "model_version, server, status, latency_ms, items) VALUES %s",
            recommendations,
            page_size=10_000,
        )
        execute_values(cursor, "INSERT INTO telemetry.hit VALUES %s", hits, page_size=10_000)


def set_partition(
    dsn: str,
    partition: int = 0,
    *,
    topic: str = "t",
    newest: datetime | None = NOON,
    lag: int = 0,
    updated_at: datetime = NOON,
) -> None:
    """Say how far a partition has been applied: by default all of it, until noon."""
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry.stream_offset (topic, partition, cluster_id, topic_id, "
            "first_offset, next_offset, end_offset, max_event_at, updated_at) "
            "VALUES (%s, %s, 'c', %s, 0, 100, %s, %s, %s)",
            (topic, partition, str(uuid4()), 100 + lag, newest, updated_at),
        )
