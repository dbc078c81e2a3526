"""The writer on real servers that stop, start and change under load."""

import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.cluster import ClusterMetadata
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.consumer import ConsumerCoordinator

from marquee.dev.database import Database
from marquee.dev.kafka import Kafka
from marquee.errors import BrokerError
from marquee.telemetry.consumer import POLL_S
from marquee.telemetry.offsets import LOCK

from ...servers import MakeTopic, make_topic, with_schema
from .running import (
    PATIENCE_S,
    count_applied,
    expect_all,
    send,
    some_records,
    wait_until,
    writer,
    writer_here,
)
from .stored import query

RECORDS = some_records(1, events=2_400, partitions=3)
EARLY = [record for record in RECORDS if record.offset < 600]
LATER = [record for record in RECORDS if record.offset >= 600]
SLOWLY = {"MARQUEE_BATCH_MAX": "50"}
"""Small batches, so that something is left to do when a server stops."""
WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def delete_topic(kafka: str, log: str) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_topics([log])


def test_a_broker_that_crashes_and_comes_back_costs_nothing(
    own_kafka: Kafka, migrated: str, tmp_path: Path
) -> None:
    make_topic(own_kafka.address, "log", 3)
    send(own_kafka.address, "log", EARLY)
    with writer(tmp_path, own_kafka.address, "log", migrated, **SLOWLY) as run:
        wait_until(lambda: count_applied(migrated) > 0)
        own_kafka.stop(immediate=True)
        wait_until(lambda: "broker: " in run.reasons())
        own_kafka.start()
        send(own_kafka.address, "log", LATER)
        expect_all(migrated, RECORDS)
        wait_until(run.is_well)
        assert 'marquee_writer_reconnects_total{to="broker"} 1.0' in run.ask("/metrics")[1]
        assert run.log.read_text().count("broker lost") == 1


def test_a_database_that_crashes_and_comes_back_costs_nothing(
    kafka: str, topic: MakeTopic, own_postgres: Database, tmp_path: Path
) -> None:
    log, dsn = topic(3), with_schema(own_postgres.dsn)
    send(kafka, log, EARLY)
    with writer(tmp_path, kafka, log, dsn, **SLOWLY) as run:
        wait_until(lambda: count_applied(dsn) > 0)
        own_postgres.stop(immediate=True)
        wait_until(lambda: "database: " in run.reasons())
        send(kafka, log, LATER)
        own_postgres.start()
        expect_all(dsn, RECORDS)
        wait_until(run.is_well)
        assert 'marquee_writer_reconnects_total{to="database"} 1.0' in run.ask("/metrics")[1]
        assert run.log.read_text().count("database lost") == 1


def expect_an_added_partition_read(kafka: str, log: str, dsn: str) -> None:
    with writer_here(kafka, log, dsn):
        send(kafka, log, [record for record in RECORDS if record.partition < 2])
        wait_until(lambda: count_applied(dsn) > 0)
        with KafkaAdminClient(bootstrap_servers=kafka) as admin:
            admin.create_partitions({log: 3})
        send(kafka, log, [record for record in RECORDS if record.partition == 2])
        expect_all(dsn, RECORDS)


def test_partitions_that_are_added_are_read_from_their_beginning(
    kafka: str, topic: MakeTopic, migrated: str
) -> None:
    expect_an_added_partition_read(kafka, topic(2), migrated)


def test_partitions_that_are_added_are_read_though_it_takes_long_to_share_them_out(
    kafka: str, topic: MakeTopic, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = ConsumerCoordinator._do_join_and_sync_async

    async def join_slowly(coordinator: ConsumerCoordinator) -> Any:
        """Have the broker's word of what is ours only after the poll that asked for it."""
        assignment = await join(coordinator)
        await coordinator._manager._net.sleep(2 * POLL_S)
        return assignment

    monkeypatch.setattr(ConsumerCoordinator, "_do_join_and_sync_async", join_slowly)
    expect_an_added_partition_read(kafka, topic(2), migrated)


def test_partitions_that_were_given_to_nobody_are_read_all_the_same(
    kafka: str, topic: MakeTopic, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, assign = topic(3), RangePartitionAssignor.assign
    blind = [True]

    def assign_blindly(cluster: ClusterMetadata, members: Any) -> Any:
        """Know of no partition the first time, as kafka-python sometimes does of a new topic."""
        with monkeypatch.context() as patch:
            if blind:
                blind.clear()
                patch.setattr(ClusterMetadata, "partitions_for_topic", lambda *_: None)
            return assign(cluster, members)

    monkeypatch.setattr(RangePartitionAssignor, "assign", staticmethod(assign_blindly))
    with writer_here(kafka, log, migrated):
        send(kafka, log, RECORDS)
        expect_all(migrated, RECORDS)
    assert not blind


def test_a_topic_made_anew_stops_the_writer_and_nothing_of_it_is_applied(
    kafka: str, topic: MakeTopic, migrated: str
) -> None:
    log = topic(3)
    send(kafka, log, EARLY)
    with writer_here(kafka, log, migrated) as running:
        wait_until(lambda: count_applied(migrated) == len(EARLY))
        delete_topic(kafka, log)
        make_topic(kafka, log, 3)
        send(kafka, log, RECORDS)  # the offsets that are expected next are there, too
        with pytest.raises(BrokerError, match=f"^topic {log}, partition .: .* made anew"):
            running.result(PATIENCE_S)
    expect_all(migrated, EARLY)


def test_a_gap_in_the_offsets_stops_the_writer(
    kafka: str, topic: MakeTopic, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee.telemetry.writer.PATIENCE_S", 0.5)
    log = topic()
    with KafkaProducer(bootstrap_servers=kafka, transactional_id=log) as producer:
        producer.init_transactions()
        for _ in range(2):  # the end of each is marked by a record of the broker's own
            producer.begin_transaction()
            producer.send(log, b"torn", key=b"1")
            producer.commit_transaction()
    with (
        writer_here(kafka, log, migrated) as running,
        pytest.raises(BrokerError, match=f"^topic {log}, partition 0: found offset 2, expected 1"),
    ):
        running.result(PATIENCE_S)
    assert count_applied(migrated) == 0


def test_offsets_beyond_the_end_of_the_topic_stop_the_writer(
    kafka: str, topic: MakeTopic, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee.telemetry.writer.PATIENCE_S", 0.5)
    log = topic(3)
    send(kafka, log, EARLY)
    with writer_here(kafka, log, migrated):
        expect_all(migrated, EARLY)
    query(migrated, "UPDATE telemetry.stream_offset SET next_offset = 9999")
    with (
        writer_here(kafka, log, migrated) as running,
        pytest.raises(BrokerError, match=f"^topic {log}: .* does not hold the offsets asked for"),
    ):
        running.result(PATIENCE_S)


def test_what_fails_in_large_batches_is_applied_in_small_ones(
    kafka: str, topic: MakeTopic, migrated: str
) -> None:
    query(
        migrated,
        """
        CREATE FUNCTION telemetry.time_out() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'canceling statement due to statement timeout'
                USING ERRCODE = 'query_canceled';
        END $$;
        CREATE TRIGGER time_out BEFORE INSERT ON telemetry.stream_batch
        FOR EACH ROW WHEN (NEW.lines > 700) EXECUTE FUNCTION telemetry.time_out()
        """,
    )
    log = topic()
    records = some_records(3, events=2_400, partitions=1)
    send(kafka, log, records)
    with writer_here(kafka, log, migrated):
        expect_all(migrated, records)


def test_a_topic_that_is_deleted_stops_the_writer(
    kafka: str, topic: MakeTopic, migrated: str
) -> None:
    log = topic(3)
    send(kafka, log, EARLY)
    with writer_here(kafka, log, migrated) as running:
        wait_until(lambda: count_applied(migrated) == len(EARLY))
        delete_topic(kafka, log)
        with pytest.raises(BrokerError, match=f"^topic {log}: .* has no such topic"):
            running.result(PATIENCE_S)


def test_of_two_writers_the_other_one_goes_on_when_one_is_killed(
    kafka: str, topic: MakeTopic, migrated: str, tmp_path: Path
) -> None:
    log = topic(3)
    with (
        writer(tmp_path, kafka, log, migrated, **SLOWLY) as one,
        writer(tmp_path, kafka, log, migrated, **SLOWLY) as other,
    ):
        wait_until(lambda: "lag_lines{" in one.ask("/metrics")[1])
        wait_until(lambda: "lag_lines{" in other.ask("/metrics")[1])
        send(kafka, log, EARLY)
        wait_until(lambda: count_applied(migrated) > 0)
        one.process.kill()
        send(kafka, log, LATER)
        expect_all(migrated, RECORDS)
        wait_until(other.is_well)


@pytest.mark.parametrize(
    "ending",
    [(signal.SIGTERM, 0, "INFO stopped"), (signal.SIGINT, 130, "marquee: interrupted")],
    ids=["SIGTERM", "Ctrl-C"],
)
def test_a_signal_ends_it_in_order(
    kafka: str,
    topic: MakeTopic,
    migrated: str,
    tmp_path: Path,
    ending: tuple[signal.Signals, int, str],
) -> None:
    log, (number, code, last) = topic(3), ending
    send(kafka, log, EARLY)
    with writer(tmp_path, kafka, log, migrated, **SLOWLY) as run:
        wait_until(lambda: count_applied(migrated) > 0)
        run.process.send_signal(number)
        ended, said = run.end()
    assert ended == code
    assert said.endswith(last)
    applied = dict(query(migrated, "SELECT partition, next_offset FROM telemetry.stream_offset"))
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        group = f"group of {log}"
        held = admin.list_group_offsets([group])[group]
        assert admin.describe_groups([group])[group]["members"] == []
    assert {place.partition: offset.offset for place, offset in held.items()} == applied


def test_a_writer_that_waits_for_the_lock_does_not_call_its_connections_lost(
    kafka: str, topic: MakeTopic, migrated: str, tmp_path: Path
) -> None:
    with closing(psycopg2.connect(migrated)) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        with writer(tmp_path, kafka, topic(), migrated) as run:
            wait_until(lambda: bool(query(migrated, WAITING)))
            assert run.is_well()


def test_sigterm_ends_it_when_the_database_hangs_and_another_one_goes_on(
    kafka: str, topic: MakeTopic, migrated: str, tmp_path: Path
) -> None:
    log = topic(3)
    send(kafka, log, EARLY)
    with writer(tmp_path, kafka, log, migrated) as run:
        wait_until(lambda: count_applied(migrated) == len(EARLY))
        with closing(psycopg2.connect(migrated)) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            send(kafka, log, LATER)
            wait_until(lambda: bool(query(migrated, WAITING)))
            run.process.terminate()
            ended, said = run.end()
    assert ended == 0
    assert "left hanging work behind" in said
    with writer_here(kafka, log, migrated):
        expect_all(migrated, RECORDS)
