"""What is wrong when the writer starts is said at once, in one line; a topic is waited for."""

import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import psycopg2
import pytest
from kafka import KafkaAdminClient, TopicPartition
from psycopg2.extensions import make_dsn

from marquee.broker.options import BrokerOptions
from marquee.broker.topics import connect
from marquee.dev.database import Database
from marquee.errors import MarqueeError
from marquee.telemetry.migrate import migrate
from marquee.telemetry.offsets import open_stream
from marquee.telemetry.records import Rules, Stream
from marquee.telemetry.vitals import Vitals
from marquee.telemetry.writer import write

from ...servers import MakeTopic, make_topic, with_schema
from .running import RULES, expect_all, make_plan, send, some_records, wait_until, writer
from .stored import query

RECORDS = some_records(2, events=300, partitions=2)


def refusal(kafka: str, topic: str, dsn: str, rules: Rules = RULES) -> str:
    """The exit code and the line that the writer ends with."""
    with pytest.raises(MarqueeError) as error:
        write(make_plan(kafka, topic, dsn, rules), Vitals(), Event())
    assert "\n" not in str(error.value)
    return f"{error.value.exit_code} {error.value}"


def test_a_wrong_password_is_refused_and_not_shown(kafka: str, migrated: str) -> None:
    said = refusal(kafka, "log", make_dsn(migrated, password="mistaken"))
    assert re.fullmatch(r"8 database .* password authentication failed for user .*", said)
    assert "mistaken" not in said


def test_a_database_without_the_tables_is_refused(kafka: str, database: str) -> None:
    said = refusal(kafka, "log", database)
    assert said.startswith("8 the database has not had 001-tables.sql")
    assert said.endswith("run `marquee telemetry migrate`")


def test_a_database_newer_than_the_code_is_refused(kafka: str, migrated: str) -> None:
    query(
        migrated,
        "INSERT INTO telemetry.schema_migration (number, name, engine, sha256)"
        " SELECT 999, '999-later.sql', engine, sha256 FROM telemetry.schema_migration LIMIT 1",
    )
    assert "999-later.sql, which this version does not know" in refusal(kafka, "log", migrated)


def test_a_role_without_rights_is_refused(kafka: str, topic: MakeTopic, migrated: str) -> None:
    migrate(migrated, passwords={"marquee_reader": "secret"})
    reader = make_dsn(migrated, user="marquee_reader", password="secret")
    assert re.match("8 database .* permission denied", refusal(kafka, topic(), reader))


def test_another_hit_window_than_the_databases_is_refused(
    kafka: str, topic: MakeTopic, migrated: str
) -> None:
    said = refusal(kafka, topic(), migrated, replace(RULES, hit_window=timedelta(minutes=10)))
    assert said.startswith("8 MARQUEE_HIT_WINDOW_S is 600")
    assert "marquee telemetry reconcile --repair" in said


def test_records_that_expired_unread_are_an_error(
    kafka: str, topic: MakeTopic, migrated: str
) -> None:
    log = topic(2)
    send(kafka, log, RECORDS)
    with connect(BrokerOptions(kafka)) as broker, closing(psycopg2.connect(migrated)) as connection:
        found = broker.describe(log)
        stream = Stream(log, found.topic_id, found.cluster_id)
        open_stream(connection, stream, {0: 0, 1: 10}, rules=RULES)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_records({TopicPartition(log, 1): 20})
    assert refusal(kafka, log, migrated) == (
        f"7 topic {log}, partition 1: the broker's records begin at offset 20, expected 10: "
        "those between are lost"
    )


def test_a_broker_that_is_away_is_an_error(migrated: str) -> None:
    said = refusal("127.0.0.1:9", "log", migrated)
    assert said.startswith("7 the broker at 127.0.0.1:9 does not answer")


def test_a_name_that_no_topic_can_have_is_an_error(kafka: str, migrated: str) -> None:
    said = refusal(kafka, "no where", migrated)
    assert said.startswith(f"7 topic no where: the broker at {kafka} finds its name invalid")


def test_the_command_ends_with_the_errors_code_and_its_line(
    kafka: str, database: str, tmp_path: Path
) -> None:
    with writer(tmp_path, kafka, "log", database) as run:
        code, _ = run.end()
    assert code == 8
    *logged, said = run.log.read_text().splitlines()
    assert said.startswith("marquee: the database has not had 001-tables.sql")
    assert all(" INFO " in line for line in logged)


def test_a_topic_that_is_not_there_yet_is_waited_for_and_named(
    kafka: str, topic: MakeTopic, migrated: str, tmp_path: Path
) -> None:
    log = f"{topic()}-later"
    with writer(tmp_path, kafka, log, migrated) as run:
        wait_until(lambda: "no such topic" in run.reasons())
        assert run.reasons() == f"broker: topic {log}: the broker at {kafka} has no such topic"
        make_topic(kafka, log, 2)
        send(kafka, log, RECORDS)
        expect_all(migrated, RECORDS)
        wait_until(run.is_well)
    logged = run.log.read_text()
    assert logged.count("WARNING") == 1
    assert f"WARNING waiting for topic={log} broker={kafka}: it is not there yet" in logged
    assert f"`marquee simulate --to kafka --create-topic 4 --topic {log}` makes it" in logged


def test_a_writer_that_waits_for_its_topic_ends_when_told(
    kafka: str, topic: MakeTopic, migrated: str, tmp_path: Path
) -> None:
    with writer(tmp_path, kafka, f"{topic()}-never", migrated) as run:
        wait_until(lambda: "no such topic" in run.reasons())
        run.process.terminate()
        assert run.end()[0] == 0


def test_a_database_that_goes_away_meanwhile_is_said_and_waited_for(
    kafka: str, topic: MakeTopic, own_postgres: Database, tmp_path: Path
) -> None:
    log, dsn = f"{topic()}-later", with_schema(own_postgres.dsn)
    with writer(tmp_path, kafka, log, dsn) as run:
        wait_until(lambda: "no such topic" in run.reasons())
        own_postgres.stop(immediate=True)
        wait_until(lambda: "database: " in run.reasons())
        own_postgres.start()
        wait_until(lambda: "database: " not in run.reasons())
        make_topic(kafka, log, 2)
        send(kafka, log, RECORDS)
        expect_all(dsn, RECORDS)


def test_the_role_of_the_writer_has_the_rights_it_needs(
    kafka: str, topic: MakeTopic, migrated: str, tmp_path: Path
) -> None:
    migrate(migrated, passwords={"marquee_writer": "secret"})
    log = topic(2)
    send(kafka, log, RECORDS)
    dsn = make_dsn(migrated, user="marquee_writer", password="secret")
    with writer(tmp_path, kafka, log, dsn):
        expect_all(migrated, RECORDS)
