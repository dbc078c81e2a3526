"""The broker of ``marquee dev kafka`` is a real one, comes back, and never outlives its user."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from marquee.dev.jars import kafka_version
from marquee.dev.kafka import Kafka, start_kafka
from marquee.errors import BrokerError

from ...servers import MakeTopic, make_topic, started_kafka
from ...shell import ENVIRONMENT, attempt
from .processes import at_work_in, eventually, marquee_dev

BIN = str(Path(sys.executable).parent)


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    with started_kafka() as running:
        yield running


def produce(address: str, topic: str, value: bytes) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=address)
    producer.send(topic, value, key=b"1").get(timeout=30)
    producer.close()


def consume(address: str, topic: str) -> bytes:
    from kafka import KafkaConsumer

    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=address,
        group_id="g",
        auto_offset_reset="earliest",
        consumer_timeout_ms=30_000,
    )
    value: bytes = next(consumer).value
    consumer.close(autocommit=False)
    return value


def test_a_record_makes_the_round_trip(kafka: str, topic: MakeTopic) -> None:
    name = topic(partitions=3)
    produce(kafka, name, b"a line")
    assert consume(kafka, name) == b"a line"


def test_a_restart_keeps_the_address_and_the_records(broker: Kafka) -> None:
    make_topic(broker.address, "kept")
    produce(broker.address, "kept", b"before")
    before = broker.address
    broker.stop()
    assert not broker.listens()
    broker.start()
    assert broker.address == before
    assert consume(broker.address, "kept") == b"before"


def test_a_folder_in_use_is_refused(broker: Kafka) -> None:
    with (
        pytest.raises(BrokerError, match=f"^{broker.folder}: another Kafka runs on it$"),
        start_kafka(data=broker.folder),
    ):
        pass
    assert broker.answers()


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = attempt("marquee", "dev", "kafka", "--port", port)
    assert done.returncode == BrokerError.exit_code
    assert done.stderr == (
        f"marquee: Kafka cannot listen on 127.0.0.1:{port}: Address already in use\n"
    )


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = attempt("marquee", "dev", "kafka", "--data", str(tmp_path))
    assert done.stderr == (
        f"marquee: {tmp_path}: expected an empty folder, or one that marquee dev kafka made\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = attempt("marquee", "dev", "kafka", "--data", str(tmp_path / "file" / "folder"))
    assert done.stderr == f"marquee: {tmp_path}/file/folder: Not a directory\n"


def test_a_killed_parent_takes_the_broker_along_and_a_kept_folder_serves_again(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with marquee_dev("kafka", "--data", str(data)) as (process, address):
        make_topic(address, "kept")
        produce(address, "kept", b"before")
        assert at_work_in(data)
        process.kill()
        process.wait()
        assert eventually(lambda: at_work_in(data) == [])
    with start_kafka(data=data) as broker:
        assert consume(broker.address, "kept") == b"before"


def test_a_terminated_broker_leaves_nothing(tmp_path: Path) -> None:
    with marquee_dev("kafka", TMPDIR=str(tmp_path)) as (process, _):
        assert at_work_in(tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    assert at_work_in(tmp_path) == []
    assert list(tmp_path.glob("marquee-*")) == []


def test_a_machine_without_java_is_told(tmp_path: Path) -> None:
    done = attempt("marquee", "dev", "kafka", PATH=BIN)
    assert done.returncode == BrokerError.exit_code
    assert done.stderr == (
        f"marquee: java: no such command; Kafka {kafka_version()} needs Java 17 or later\n"
    )


def test_a_java_that_is_too_old_is_told(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    done = attempt("marquee", "dev", "kafka", PATH=f"{BIN}:{tmp_path}:/bin")
    assert done.stderr == (
        f'marquee: {java}: found openjdk version "11.0.2" 2019-01-15; '
        f"Kafka {kafka_version()} needs Java 17 or later\n"
    )


def program(name: str) -> str:
    """Where a program is; a skip where it is not installed, and a failure under CI=true."""
    found = shutil.which(name)
    if not found:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"{name} is not installed: `marquee dev kafka` cannot be tested without it")
    return str(found)


def only_java(folder: Path) -> str:
    """A PATH with the command, java, and nothing else."""
    (folder / "java").symlink_to(program("java"))
    return f"{BIN}:{folder}"


def test_a_machine_without_maven_is_told_when_there_is_something_to_fetch(tmp_path: Path) -> None:
    path = only_java(tmp_path)
    done = attempt("marquee", "dev", "kafka", PATH=path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.returncode == BrokerError.exit_code
    assert done.stderr == (
        f"marquee: mvn: no such command; Maven fetches Kafka {kafka_version()} once\n"
    )


def test_a_fetch_that_fails_leaves_nothing_that_looks_fetched(tmp_path: Path) -> None:
    program("mvn")
    cache = tmp_path / "cache"
    nowhere = f"-Dmaven.repo.local={tmp_path}/m2 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=1"
    done = attempt("marquee", "dev", "kafka", XDG_CACHE_HOME=str(cache), MAVEN_OPTS=nowhere)
    assert done.returncode == BrokerError.exit_code
    assert done.stderr.startswith(f"marquee: Maven could not fetch Kafka {kafka_version()}: ")
    assert "Connection refused" in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.suffix for path in (cache / "marquee").iterdir()] == [".lock"]


def test_two_that_fetch_at_once_both_get_all_of_it(tmp_path: Path) -> None:
    program("mvn")
    code = "from marquee.dev.jars import kafka_jars; print(len(list(kafka_jars().glob('*.jar'))))"
    environment = ENVIRONMENT | {"XDG_CACHE_HOME": str(tmp_path)}
    fetches = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    counts = {fetch.communicate()[0].strip() for fetch in fetches}
    assert len(counts) == 1
    assert int(counts.pop()) > 30
    assert {path.name for path in (tmp_path / "marquee").iterdir()} == {
        f"kafka-{kafka_version()}",
        f"kafka-{kafka_version()}.lock",
    }


@pytest.mark.parametrize(("ci", "code", "outcome"), [("", 0, "1 skipped"), ("true", 1, "1 error")])
def test_a_test_without_a_server_is_skipped_and_fails_in_ci(
    root: Path, ci: str, code: int, outcome: str
) -> None:
    done = attempt(
        *("pytest", f"{__file__}::test_a_record_makes_the_round_trip", "-p", "no:cacheprovider"),
        folder=root,
        PATH=BIN,
        CI=ci,
    )
    assert done.returncode == code, done.stdout
    assert outcome in done.stdout
    assert "java: no such command" in done.stdout
