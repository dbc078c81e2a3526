"""What stands in the database, in the shape of the reference."""

from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg2

from .reference import Tables

COUNTS = ("recommendations", "interactions", "collapsed", "duplicates", "accounts", "quarantined")


def query(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with (
        closing(psycopg2.connect(dsn, options="-c timezone=UTC")) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def empty(dsn: str) -> None:
    """Take all events away, and how far they were applied."""
    query(
        dsn,
        "DELETE FROM telemetry.recommendation; DELETE FROM telemetry.interaction;"
        "DELETE FROM telemetry.hit; DELETE FROM telemetry.quarantine;"
        "DELETE FROM telemetry.stream_offset; DELETE FROM telemetry.stream_batch;"
        "UPDATE telemetry.attribution SET hit_window = '1 hour'",
    )


def read_tables(dsn: str) -> Tables:
    tables = Tables()
    for request_id, served_at, *row in query(
        dsn,
        "SELECT request_id, served_at, user_id, status, latency_ms, items, variant, model_version,"
        " server, personalised, error FROM telemetry.recommendation",
    ):
        tables.recommendation[UUID(request_id), served_at] = tuple(row)
    for *key, at, value in query(
        dsn, "SELECT user_id, movie_id, kind, slot_at, at, value FROM telemetry.interaction"
    ):
        tables.interaction[tuple(key)] = (at, value)
    for request_id, served_at, *row in query(
        dsn,
        "SELECT request_id, served_at, variant, model_version, hit_at, rank, movie_id, kind,"
        " best_rank, items_hit FROM telemetry.hit",
    ):
        tables.hit[UUID(request_id), served_at] = tuple(row)
    for *key, at, reason, line in query(
        dsn,
        "SELECT partition, record_offset, received_at, reason, line FROM telemetry.quarantine",
    ):
        tables.quarantine[tuple(key)] = (at, reason, bytes(line))
    _read_ledger(tables, dsn)
    return tables


def _read_ledger(tables: Tables, dsn: str) -> None:
    columns = ", ".join(COUNTS)
    for partition, newest, lines, *counts in query(
        dsn, f"SELECT partition, max_event_at, lines, {columns} FROM telemetry.stream_offset"
    ):
        assert lines == sum(counts)
        by_name = dict(zip(COUNTS, counts, strict=True))
        tables.sure[partition] = (lines, by_name["accounts"], by_name["quarantined"], newest)
        tables.ledger.update({"lines": lines} | by_name)


def expect_tables(dsn: str, expected: Tables) -> None:
    """Expect every table, and every count, to be as the reference has it."""
    found = read_tables(dsn)
    assert found.recommendation == expected.recommendation
    assert found.interaction == expected.interaction
    assert found.hit == expected.hit
    assert found.quarantine == expected.quarantine
    assert found.sure == expected.sure
    assert +found.ledger == +expected.ledger
    assert batches_add_up(dsn)


def batches_add_up(dsn: str) -> bool:
    """Whether the transactions' counts are those of their partitions."""
    sums = ", ".join(f"sum({name})" for name in ("lines", *COUNTS))
    columns = ", ".join(("lines", *COUNTS))
    return query(
        dsn,
        f"SELECT topic, partition, {sums} FROM telemetry.stream_batch GROUP BY 1, 2 ORDER BY 1, 2",
    ) == query(
        dsn,
        f"SELECT topic, partition, {columns} FROM telemetry.stream_offset"
        " WHERE lines > 0 ORDER BY 1, 2",
    )
