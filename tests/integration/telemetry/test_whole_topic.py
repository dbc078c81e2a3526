"""A real topic, from the broker's first offset to its last, and every line of it accounted for."""

import gzip
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
from kafka import KafkaConsumer, TopicPartition

from marquee.tables.columns import Rows
from marquee.tables.parse import parse_chunk
from marquee.tables.raw import Chunk
from marquee.telemetry.records import Record

from ...servers import MakeTopic
from .running import RULES, count_applied, expect_all, send, some_records, wait_until, writer_here
from .stored import query, read_tables

SLOT_US = timedelta(minutes=30) // timedelta(microseconds=1)
LEDGER = """
SELECT partition, first_offset, next_offset, end_offset, lines,
    recommendations + interactions + collapsed + duplicates + accounts + quarantined
FROM telemetry.stream_offset ORDER BY partition
"""


def end_offsets(kafka: str, topic: str, partitions: int) -> dict[int, int]:
    """Where the broker says that the partitions end."""
    wanted = [TopicPartition(topic, partition) for partition in range(partitions)]
    consumer = KafkaConsumer(bootstrap_servers=kafka)
    try:
        found = consumer.end_offsets(wanted)
        return {each.partition: offset for each, offset in found.items()}
    finally:
        consumer.close()


def expect_balance(store: str, ends: dict[int, int]) -> None:
    """Each partition's lines are the broker's offsets, and each became one thing."""
    assert query(store, LEDGER) == [
        (partition, 0, end, end, end, end) for partition, end in sorted(ends.items())
    ]


def test_the_ledger_balances_against_the_topics_end_offsets(
    kafka: str, topic: MakeTopic, store: str
) -> None:
    log, records = topic(3), some_records(4, events=3_000, partitions=3)
    send(kafka, log, records)
    with writer_here(kafka, log, store):
        expect_all(store, records)
    expect_balance(store, end_offsets(kafka, log, 3))


def test_all_real_lines_are_what_the_offline_tables_say_they_are(
    kafka: str, topic: MakeTopic, store: str, shared_data: Path
) -> None:
    log, lines = topic(4), read_lines(shared_data / "cmu-logs")
    random.Random(1).shuffle(lines)
    send(
        kafka, log, [Record(i % 4, i // 4, 1_700_000_000_000, line) for i, line in enumerate(lines)]
    )
    with writer_here(kafka, log, store):
        wait_until(lambda: count_applied(store) == len(lines))
    ends = end_offsets(kafka, log, 4)
    assert sum(ends.values()) == len(lines)
    expect_balance(store, ends)

    events = parse_chunk(Chunk("", 0, b"".join(line + b"\n" for line in lines)), RULES.scale)
    answers = {tuple(map(str, row.values())) for row in events.recommendations.to_pylist()}
    expected = {
        "lines": len(lines),
        "recommendations": len(answers),
        "interactions": count_keys(events.watches, SLOT_US) + count_keys(events.ratings, 1),
        "collapsed": len(events.watches) - count_keys(events.watches, SLOT_US),
        "duplicates": events.recommendations.num_rows
        - len(answers)
        + len(events.ratings)
        - count_keys(events.ratings, 1),
        "accounts": len(events.accounts),
        "quarantined": events.quarantine.num_rows,
    }
    tables = read_tables(store)
    assert tables.ledger == expected
    assert Counter(bytes(line) for _, _, line in tables.quarantine.values()) == Counter(
        events.quarantine["line"].to_pylist()
    )


def read_lines(folder: Path) -> list[bytes]:
    return [
        line
        for path in sorted(folder.glob("*.log.gz"))
        for line in gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
    ]


def count_keys(rows: Rows, width_us: int) -> int:
    """How many different users, movies and slots there are."""
    return len(np.unique(np.stack([rows.user_id, rows.movie, rows.at // width_us]), axis=1)[0])
