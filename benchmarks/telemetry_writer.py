"""The writer's transactions, parsing included, against a bare COPY → temp → INSERT ON CONFLICT.

Both take the same lines in the same batches of 10,000, batch by batch in turns, into tables of the
same columns, keys and indexes on one PostgreSQL, each batch a transaction. The bare way is given
the rows that the writer stages, parsed, freed of doubles and written as CSV beforehand, and keeps
the first of a key. The writer is given the broker's records: it parses them, keeps the smallest
row of a key, attributes hits both ways, quarantines, keeps the ledger, and leaves the marks of
plain PostgreSQL's aggregates.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import numpy as np
import psycopg2
from pyarrow import csv

from benchmarks.measurement import ratio_row
from marquee.dev.database import start_database
from marquee.events import RatingScale
from marquee.params import load_params
from marquee.simulation import Platform
from marquee.telemetry import rows
from marquee.telemetry.apply import apply_batch
from marquee.telemetry.database import Connection
from marquee.telemetry.decode import decode
from marquee.telemetry.interactions import collapse
from marquee.telemetry.migrate import migrate
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.records import Record, Rules, Stream

PARAMS = Path(__file__).parents[1] / "params.yaml"
LINES, USERS, MOVIES = 1_500_000, 100_000, 5_000
BATCH, PARTITIONS = 10_000, 4
STREAM = Stream("movielog", UUID(int=1), "benchmark")
RULES = Rules(RatingScale(), timedelta(hours=1), timedelta(minutes=5))
WELL_FORMED = re.compile(rb"(\d{4}-\d\d-\d\dT)(\d\d)(:[^,]*,)(\d+)(,.*)")

BARE = """
CREATE SCHEMA bare;
CREATE TABLE bare.recommendation (LIKE telemetry.recommendation INCLUDING ALL);
CREATE TABLE bare.interaction (LIKE telemetry.interaction INCLUDING ALL);
CREATE TEMPORARY TABLE new_recommendation (LIKE telemetry.recommendation) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE new_interaction (LIKE telemetry.interaction) ON COMMIT DELETE ROWS;
"""
INSERT = """
INSERT INTO bare.recommendation SELECT * FROM new_recommendation ON CONFLICT DO NOTHING;
INSERT INTO bare.interaction SELECT * FROM new_interaction ON CONFLICT DO NOTHING;
"""


def measure() -> list[dict[str, Any]]:
    batches = list(make_batches())
    gc.freeze()  # a writer never holds a million records
    with start_database() as server:
        migrate(server.dsn)
        with (
            closing(psycopg2.connect(server.dsn)) as ours,
            closing(psycopg2.connect(server.dsn)) as bare,
        ):
            seconds = race(batches, ours, bare)
            counts = read_counts(ours)
    lines = sum(map(len, batches))
    ours_s, bare_s = (np.sum(seconds, axis=0)).tolist()
    return [
        ratio_row(
            "apply 10k batches of the stream, attribution included",
            "bare COPY → temp → INSERT ON CONFLICT of the same rows, parsed beforehand",
            ours_s=ours_s,
            theirs_s=bare_s,
            at_least=0.5,
            note=f"{lines / ours_s:,.0f} lines/s against {lines / bare_s:,.0f}; {counts}",
        )
    ]


def make_batches() -> Iterator[list[Record]]:
    """Yield an hour of dense traffic: a simulated day's hours laid over each other.

    Each hour has users of its own, and a user's lines stay in one partition.
    """
    simulator = load_params(PARAMS).ingest.simulator.model_copy(
        update={"lines": LINES, "users": USERS, "movies": MOVIES, "days": 1}
    )
    lines = b"".join(Platform(simulator, RatingScale()).lines()).split(b"\n")[:-1]
    offsets = [0] * PARTITIONS
    batch: list[Record] = []
    for line, partition in sorted(map(fold, lines)):
        batch.append(Record(partition, offsets[partition], 1_735_700_000_000, line))
        offsets[partition] += 1
        if len(batch) == BATCH:
            yield batch
            batch = []


def fold(line: bytes) -> tuple[bytes, int]:
    """Return a line of hour 12, whose user is another one for each hour that it was of."""
    if not (match := WELL_FORMED.fullmatch(line)):
        return line, 0
    day, hour, time, user_id, rest = match.groups()
    user = int(hour) * USERS + int(user_id)
    return b"%s12%s%d%s" % (day, time, user, rest), user % PARTITIONS


def race(batches: list[list[Record]], ours: Connection, bare: Connection) -> list[Any]:
    """Apply each batch both ways; return the seconds of both."""
    now = datetime.now(UTC)
    with bare, bare.cursor() as cursor:
        cursor.execute(BARE)
    open_stream(ours, STREAM, dict.fromkeys(range(PARTITIONS), 0), rules=RULES)
    seconds = []
    for batch in batches:
        rendered = render(batch, now)
        begin = perf_counter()
        insert(bare, rendered)
        middle = perf_counter()
        apply_batch(ours, STREAM, batch, {}, rules=RULES, now=now)
        seconds.append((perf_counter() - middle, middle - begin))
    return seconds[1:]  # the first one compiles and plans


def render(batch: list[Record], now: datetime) -> dict[str, BytesIO]:
    """Return the rows of each table as CSV."""
    decoded = decode(batch, RULES.scale, now)
    tables = {
        "recommendation": rows.recommendation_rows(decoded),
        "interaction": collapse(decoded).as_table(),
    }
    rendered = {}
    for name, table in tables.items():
        rendered[name] = BytesIO()
        csv.write_csv(
            table.drop_columns("partition"), rendered[name], csv.WriteOptions(include_header=False)
        )
        rendered[name].seek(0)
    return rendered


def insert(connection: Connection, rendered: dict[str, BytesIO]) -> None:
    with connection, connection.cursor() as cursor:
        for name, buffer in rendered.items():
            cursor.copy_expert(f"COPY new_{name} FROM STDIN (FORMAT csv)", buffer)
        cursor.execute(INSERT)


def read_counts(connection: Connection) -> str:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM telemetry.interaction),"
            " (SELECT count(*) FROM telemetry.recommendation), (SELECT count(*) FROM telemetry.hit)"
        )
        return "{:,} interactions, {:,} recommendations, {:,} hits".format(*cursor.fetchall()[0])


if __name__ == "__main__":
    print(measure())
