import shutil
from uuid import uuid4

import pytest

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.files import event_files
from marquee.ingest.segments import (
    Segment,
    expect_chain,
    list_segments,
    next_segment,
    sole_writer,
)
from marquee.ingest.snapshot import Snapshot

TOPIC = str(uuid4())


@pytest.fixture
def close(tmp_path):
    """Close the next segment of partitions that begin and end there, a line each."""

    def close(partitions, topic_id=TOPIC):
        segment = next_segment(tmp_path)
        snapshot = Snapshot(segment)
        snapshot.write_events([b"line\n"], RatingScale())
        stretches = [
            {"partition": partition, "from": since, "to": until}
            for partition, (since, until) in partitions.items()
        ]
        origin = {"cluster_id": "c", "topic": "log", "topic_id": topic_id, "partitions": stretches}
        snapshot.finish("kafka", origin)
        return segment

    return close


def test_segments_are_numbered_from_one(close, tmp_path):
    assert next_segment(tmp_path).name == "segment-00000001"
    close({0: (0, 1)})
    assert next_segment(tmp_path).name == "segment-00000002"


def test_a_chain_goes_on_from_any_first_segment_and_with_new_partitions(close, tmp_path):
    close({0: (5, 9)})
    close({0: (9, 9), 1: (0, 3)})
    close({0: (9, 12), 1: (3, 4)})
    assert expect_chain(list_segments(tmp_path)).ends == {0: 12, 1: 4}


def test_no_segments_are_no_chain(tmp_path):
    assert expect_chain(list_segments(tmp_path)) is None


@pytest.mark.parametrize("since", [8, 10])
def test_a_segment_that_does_not_follow_is_named(close, tmp_path, since):
    close({0: (0, 9)})
    second = close({0: (since, 12)})
    said = f"{second}: partition 0 begins at offset {since}, the segment before it ends at 9"
    with pytest.raises(DataError, match=said):
        event_files([str(tmp_path)])


def test_a_segment_of_another_topic_is_named(close, tmp_path):
    close({0: (0, 9)})
    close({0: (9, 12)}, topic_id=str(uuid4()))
    with pytest.raises(DataError, match="segment-00000002: of another topic"):
        expect_chain(list_segments(tmp_path))


def test_a_manifest_that_is_no_segments_is_named(close, tmp_path):
    segment = close({0: (0, 9)})
    (segment / "manifest.json").write_text('{"origin": {}}')
    with pytest.raises(DataError, match=r"manifest\.json: expected the manifest of a segment"):
        expect_chain(list_segments(tmp_path))


def test_a_folder_gives_its_segments_whole_and_nothing_hidden(close, tmp_path):
    segment = close({0: (0, 1)})
    shutil.copytree(segment, tmp_path / ".segment-00000002.partial-0/segment-00000002")
    (tmp_path / "z.log").write_text("line\n")
    (tmp_path / ".hidden.log").write_text("line\n")
    found = event_files([str(tmp_path)])
    assert [(type(file), file.name) for file in found[:1]] == [(Segment, "segment-00000001")]
    assert [file.name for file in found[1:]] == ["z.log"]


def test_a_damaged_segment_is_named(close, tmp_path):
    part = close({0: (0, 1)}) / "events-00000.log"
    part.write_bytes(b"tine\n")
    (segment,) = event_files([str(tmp_path)])
    with pytest.raises(DataError, match=f"{part}: SHA-256"):
        list(segment.blocks())


def test_what_a_killed_writer_left_is_cleared_away(tmp_path):
    (tmp_path / ".segment-00000001.partial-0/segment-00000001").mkdir(parents=True)
    with sole_writer(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize("folder", ["mine.txt", "mine.txt/below"])
def test_where_no_folder_can_be_is_said(tmp_path, folder):
    (tmp_path / "mine.txt").write_text("mine")
    said = r"mine\.txt.*: .*; expected a folder to write segments to$"
    with pytest.raises(DataError, match=said), sole_writer(tmp_path / folder):
        pass
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_what_goes_wrong_meanwhile_stays_what_it_is(tmp_path):
    with pytest.raises(OSError, match=r"^disk$"), sole_writer(tmp_path):
        raise OSError("disk")
