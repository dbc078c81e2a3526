"""A topic followed in segments, by the library and by the command, which is killed on the way."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from marquee.broker.clients import make_producer
from marquee.broker.errors import BrokerUnavailable
from marquee.broker.options import BrokerOptions
from marquee.errors import BrokerError, DataError
from marquee.events import RatingScale
from marquee.ingest.follow import Follower, Limits
from marquee.ingest.segments import expect_chain, list_segments, read_origin, sole_writer

from ...servers import make_topic
from ...shell import ENVIRONMENT
from .broker import expire, rating, send

KILLS = int(os.environ.get("MARQUEE_TEST_KILLS", "2"))
SMALL = Limits(1, 60)


def follow(kafka, topic, folder, n, *, since="beginning", limits=SMALL, timeout_s=5):
    """Close so many segments, then stop; return their names."""
    stop = threading.Event()
    options = BrokerOptions(kafka, timeout_s=timeout_s)
    names = []
    for name, _ in Follower(options, topic, folder, RatingScale(), limits).run(since, stop):
        names.append(name)
        if len(names) == n:
            stop.set()
    return names


def lines(folder):
    """The lines of each partition, segment after segment, by the offsets of their manifests."""
    found = {}
    for segment in list_segments(folder):
        parts = sorted(segment.glob("events-*.log"))
        text = b"".join(part.read_bytes() for part in parts).splitlines()
        for stretch in read_origin(segment).partitions:
            here = found.setdefault(stretch.partition, [])
            assert len(here) == stretch.since
            count = stretch.until - stretch.since
            here += text[:count]
            del text[:count]
        assert text == []
    return found


def test_a_segment_goes_on_where_the_one_before_it_ends(kafka, topic, tmp_path):
    name = topic(partitions=2)
    for i in range(3):
        send(kafka, name, {0: [rating(i)] * 5, 1: [rating(10 + i)] * (i % 2)})
        assert follow(kafka, name, tmp_path / "to", 1) == [f"segment-{i + 1:08}"]
    assert lines(tmp_path / "to") == {
        0: [rating(i) for i in range(3) for _ in range(5)],
        1: [rating(11)],
    }


def test_the_first_segment_begins_where_it_is_told_to(kafka, topic, tmp_path):
    name = topic()
    send(kafka, name, {0: [rating(i) for i in range(5)]})
    follow(kafka, name, tmp_path / "to", 1, since=(3,))
    (segment,) = list_segments(tmp_path / "to")
    assert (segment / "events-00000.log").read_bytes().splitlines() == [rating(3), rating(4)]


def test_what_is_open_at_a_stop_is_closed(kafka, topic, tmp_path):
    name, stop = topic(), threading.Event()
    send(kafka, name, {0: [rating(1)]})
    options, limits = BrokerOptions(kafka), Limits(2**20, 3600)
    follower = Follower(options, name, tmp_path, RatingScale(), limits)
    threading.Timer(2, stop.set).start()
    (closed,) = follower.run("beginning", stop)
    assert closed[1]["counts"]["lines"] == 1


def test_a_segment_is_closed_by_time_after_its_first_record(kafka, topic, tmp_path):
    name = topic()
    send(kafka, name, {0: [rating(1)]})
    assert len(follow(kafka, name, tmp_path, 1, limits=Limits(2**20, 0.01))) == 1


def test_new_partitions_are_followed_from_their_first_record(kafka, topic, tmp_path):
    name = topic()
    send(kafka, name, {0: [rating(1)]})
    follow(kafka, name, tmp_path, 1)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.create_partitions({name: 3})
        admin.wait_for_topics([name])
    send(kafka, name, {2: [rating(2)]})
    follow(kafka, name, tmp_path, 1)
    assert lines(tmp_path) == {0: [rating(1)], 1: [], 2: [rating(2)]}


def test_what_expired_before_it_was_read_is_an_error(kafka, topic, tmp_path):
    name = topic()
    send(kafka, name, {0: [rating(1)]})
    follow(kafka, name, tmp_path, 1)
    send(kafka, name, {0: [rating(2), rating(3)]})
    expire(kafka, name, 0, before=2)
    with pytest.raises(BrokerError, match="partition 0 begins at offset 2: 1 has expired"):
        follow(kafka, name, tmp_path, 1)
    assert lines(tmp_path) == {0: [rating(1)]}


def make_anew(kafka, name, lines):
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_topics([name])
        while name in admin.list_topics():
            pass
    make_topic(kafka, name)
    send(kafka, name, {0: lines})


def test_a_topic_made_anew_is_an_error(kafka, topic, tmp_path):
    name = topic()
    send(kafka, name, {0: [rating(1)]})
    follow(kafka, name, tmp_path, 1)
    make_anew(kafka, name, [rating(2)] * 5)
    with pytest.raises(BrokerError, match=f"topic {name} is another one now"):
        follow(kafka, name, tmp_path, 1)


def test_a_topic_made_anew_while_a_segment_is_open_is_not_mixed_into_it(kafka, topic, tmp_path):
    name, old, new = topic(), [rating(1)] * 3, [rating(2)] * 6
    send(kafka, name, {0: old})
    limits = Limits(len(b"".join(old)) + len(old) + 1, 3600)
    threading.Timer(2, make_anew, (kafka, name, new)).start()
    with pytest.raises(BrokerError, match=r"is another one now|no longer has what was read of it"):
        follow(kafka, name, tmp_path, 1, limits=limits)
    assert list_segments(tmp_path) == []


def test_segments_of_another_topic_are_left_alone(kafka, topic, tmp_path):
    name = topic()
    send(kafka, name, {0: [rating(1)]})
    follow(kafka, name, tmp_path, 1)
    with pytest.raises(DataError, match=f"holds segments of topic {name}, expected other"):
        follow(kafka, "other", tmp_path, 1)


def test_a_folder_with_something_else_in_it_is_refused(kafka, topic, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match=r"expected a new folder or segments, found mine\.txt"):
        follow(kafka, topic(), tmp_path, 1)


def test_two_followers_of_one_folder_are_one_too_many(kafka, topic, tmp_path):
    with sole_writer(tmp_path), pytest.raises(DataError, match="another process is writing"):
        follow(kafka, topic(), tmp_path, 1)


def test_a_broker_that_dies_while_nothing_comes_is_said(own_kafka, tmp_path):
    make_topic(own_kafka.address, "log")
    threading.Timer(1, own_kafka.stop, kwargs={"immediate": True}).start()
    with pytest.raises(BrokerUnavailable):
        follow(own_kafka.address, "log", tmp_path, 1, timeout_s=1)


def test_a_topic_that_is_not_there_yet_is_waited_for_and_named(kafka, topic, tmp_path, caplog):
    name = f"{topic()}-later"

    def begin():
        make_topic(kafka, name)
        send(kafka, name, {0: [rating(1)]})

    threading.Timer(2, begin).start()
    follow(kafka, name, tmp_path, 1)
    assert lines(tmp_path) == {0: [rating(1)]}
    (logged,) = [record.getMessage() for record in caplog.records if "waiting" in record.message]
    assert f"topic={name} broker={kafka}: it is not there yet" in logged
    assert f"`marquee simulate --to kafka --create-topic 4 --topic {name}` makes it" in logged


def test_a_wait_for_a_topic_ends_when_told(kafka, topic, tmp_path):
    stop = threading.Event()
    threading.Timer(1, stop.set).start()
    follower = Follower(BrokerOptions(kafka), f"{topic()}-never", tmp_path, RatingScale(), SMALL)
    assert list(follower.run("beginning", stop)) == []


class Command:
    """``marquee ingest kafka --follow`` as a process."""

    def __init__(self, kafka, topic, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [
                *(Path(sys.executable).parent / "marquee", "ingest", "kafka", folder, "--follow"),
                *("--topic", topic, "--segment-bytes", "3000", "--segment-seconds", "0.1"),
            ],
            env=ENVIRONMENT | {"MARQUEE_KAFKA": kafka},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, done):
        until = time.monotonic() + 60
        while not done():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.002)

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait()
        self.process.stderr.close()


class Traffic(threading.Thread):
    """Lines to three partitions until told to stop; ``sent`` says which."""

    def __init__(self, kafka, topic):
        super().__init__()
        self.stopped = threading.Event()
        self.sent = {0: [], 1: [], 2: []}
        self._kafka, self._topic = kafka, topic

    def run(self):
        with make_producer(BrokerOptions(self._kafka)) as producer:
            while not self.stopped.wait(0.002):
                n = sum(map(len, self.sent.values()))
                self.sent[n % 3].append(rating(n))
                producer.send(self._topic, rating(n), partition=n % 3)


def test_killed_at_any_moment_it_loses_and_doubles_nothing(kafka, topic, tmp_path):
    name, folder, rng = topic(partitions=3), tmp_path / "to", random.Random()
    traffic = Traffic(kafka, name)
    traffic.start()
    for kill in range(KILLS):
        command, before = Command(kafka, name, folder), len(list_segments(folder))
        command.wait_for(lambda before=before: len(list_segments(folder)) > before)
        time.sleep(rng.uniform(0, 0.3))
        if kill % 2 == 0:  # in the middle of a segment that is being written
            command.wait_for(lambda: any(folder.glob(".segment-*")))
        command.end(signal.SIGKILL)
    traffic.stopped.set()
    traffic.join()
    command = Command(kafka, name, folder)
    total = sum(map(len, traffic.sent.values()))
    command.wait_for(lambda: sum(expect_chain(list_segments(folder)).ends.values()) == total)
    command.end(signal.SIGTERM)
    assert command.process.returncode == 0
    assert lines(folder) == traffic.sent
    assert [path.name for path in folder.glob(".*")] == [".lock"]


def test_segments_are_a_source_with_their_provenance(kafka, topic, tmp_path, root):
    from marquee.ingest.sources import write_snapshot
    from marquee.params import load_params

    name = topic(partitions=2)
    for i in range(2):
        send(kafka, name, {0: [rating(i)], 1: [rating(10 + i)]})
        follow(kafka, name, tmp_path / "in/stream", 1)
    params = load_params(root / "params.yaml").ingest
    files = params.files.model_copy(update={"events": (str(tmp_path / "in"),)})
    params = params.model_copy(update={"source": "files", "files": files})
    manifest = write_snapshot(params, tmp_path, tmp_path / "raw", pytest.fail)
    expected = b"".join(rating(user) + b"\n" for user in (0, 10, 1, 11))
    assert (tmp_path / "raw/events-00000.log").read_bytes() == expected
    events = manifest["origin"]["events"]
    assert [event["name"] for event in events] == [
        "stream/segment-00000001",
        "stream/segment-00000002",
    ]
    second = json.loads((tmp_path / "in/stream/segment-00000002/manifest.json").read_bytes())
    assert events[1]["origin"] == second["origin"]
