import json
from pathlib import Path

import pytest

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.ingest.metadata import Rejected
from marquee.ingest.snapshot import Snapshot
from marquee.tables.clean import read_events
from marquee.tables.columns import Events
from marquee.tables.given_ids import read_given_ids
from marquee.tables.raw import open_snapshot

RATING = b"2025-01-03T00:09:39,7,GET /rate/up+2009=4\n"
WATCH = b"2025-01-03T00:09:39,7,GET /data/m/up+2009/4.mpg\n"


def rated(*values: object) -> bytes:
    return b"".join(RATING.replace(b"=4", f"={value}".encode()) for value in values)


def read(
    folder: Path,
    log: bytes,
    max_share: float = 0.5,
    *,
    rejected: tuple[Rejected, ...] = (),
    source: str = "files",
) -> Events:
    snapshot = Snapshot(folder / "raw")
    snapshot.write_events([log], RatingScale())
    snapshot.write_rejected_events(rejected)
    snapshot.finish(source, {})
    raw = open_snapshot(folder / "raw")
    return read_events(raw, read_given_ids(raw), max_share)


def refusal(folder: Path, log: bytes, max_share: float = 0.5, **more: object) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, log, max_share, **more)  # type: ignore[arg-type]
    return str(caught.value)


def off_scale(*values: object) -> tuple[Rejected, ...]:
    return tuple(
        Rejected("r.csv", 2 + n, "rating", f"7,up,{value}", str(value))
        for n, value in enumerate(values)
    )


def test_a_log_of_another_grammar_is_shown_by_example(tmp_path: Path) -> None:
    message = refusal(tmp_path, WATCH + b"user,movie,stars\n1,2,3\n4,5,6\n7,8,9\nhello\n")
    assert "5 of 6 lines are no events" in message
    assert "max_quarantined_share = 0.5: is this a log of another grammar?" in message
    assert 'docs/data.md, "Logs in files"' in message
    assert "ingest.source = movielens or ratings" in message
    part = "events-00000.log byte"
    assert f"timestamp: 4\n    {part} 48: user,movie,stars\n    {part} 65: 1,2,3" in message
    assert f"fields: 1\n    {part} 83: hello" in message
    assert "4,5,6" not in message


def test_movie_ids_of_another_shape_name_the_source_that_reads_them(tmp_path: Path) -> None:
    line = b"2025-01-03T00:09:39,7,GET /rate/242=3\n"
    message = refusal(tmp_path, WATCH + line + line.replace(b"242", b"tt0114709"))
    assert "most have movie ids of another shape than the log's" in message
    assert "`marquee init FILE` sets ingest.source = ratings" in message
    assert "movie_id: 2\n" in message


def test_the_document_has_the_section_that_the_message_names(root: Path) -> None:
    text = (root / "docs/data.md").read_text()
    assert "GET /rate/" in text.partition("\n## Logs in files\n")[2].partition("\n## ")[0]


def test_an_example_is_short_and_printable(tmp_path: Path) -> None:
    lines = refusal(tmp_path, b"\x00\xff" * 1000 + b"\n", 0).splitlines()
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < 600


def test_as_many_damaged_lines_as_allowed_are_no_error(tmp_path: Path) -> None:
    assert len(read(tmp_path, b"hello\n" + WATCH).quarantine) == 1


def test_ratings_on_another_scale_are_named_with_their_range(tmp_path: Path) -> None:
    message = refusal(tmp_path, rated(2, 4, 8, 10, 6, 7.5) + b"hello\n" + WATCH, 0.05)
    assert "5 of 8 lines are no events" in message
    assert (
        "4 of them are ratings off the scale, which is from 1 to 5 in steps of 1, and the ratings "
        "read so far go from 2 to 10; set ingest.rating_scale to the scale of the data (`marquee "
        "init` on the log does it)\n"
    ) in message
    assert "grammar" not in message


def test_half_stars_are_off_the_scale_of_whole_ones(tmp_path: Path) -> None:
    message = refusal(tmp_path, rated(0.5, 3.5, 5, 4.5), 0.05)
    assert "3 of them are ratings off the scale" in message
    assert "go from 0.5 to 5;" in message


def test_ratings_that_are_no_numbers_are_no_matter_of_the_scale(tmp_path: Path) -> None:
    assert "another grammar" in refusal(tmp_path, rated("good", "bad", 4), 0.05)


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("ratings", "set ingest.ratings.scale to the scale of the data"),
        (
            "files",
            "set ingest.rating_scale to the scale of the data (`marquee init` on the log does it)",
        ),
        ("movielens", "MovieLens has no other scale; ingest.source = ratings reads data on any"),
        ("kafka", "set ingest.rating_scale to the scale of the data"),
    ],
)
def test_the_remedy_of_a_scale_is_that_of_the_source(
    tmp_path: Path, source: str, remedy: str
) -> None:
    message = refusal(tmp_path, rated(3, 1), 0.05, rejected=off_scale(9, 10, 7), source=source)
    assert "3 of 5 lines are no events" in message
    assert f"go from 1 to 10; {remedy}\n" in message
    assert "rating: 3\n    r.csv line 2: 7,up,9\n    r.csv line 3: 7,up,10" in message


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("movielens", "is this no MovieLens data set"),
        ("ratings", "do ingest.ratings.columns name the columns of this table?"),
    ],
)
def test_a_source_of_tables_is_not_asked_for_its_grammar(
    tmp_path: Path, source: str, cause: str
) -> None:
    rejected = (Rejected("r.csv", 2, "timestamp", "7,up,3,yesterday"),)
    message = refusal(tmp_path, WATCH, 0.05, rejected=rejected, source=source)
    assert cause in message
    assert "timestamp: 1\n    r.csv line 2: 7,up,3,yesterday" in message


def test_rejected_rows_are_lines_in_quarantine_with_their_reason(tmp_path: Path) -> None:
    events = read(tmp_path, WATCH + b"hello\n" + WATCH, 0.9, rejected=off_scale(9, "é"))
    assert events.lines == 5
    rows = events.quarantine.to_pylist()
    assert [(row["part"], row["reason"], row["line"].decode()) for row in rows] == [
        ("events-00000.log", "fields", "hello"),
        ("rejected-events.jsonl", "rating", "7,up,9"),
        ("rejected-events.jsonl", "rating", "7,up,é"),
    ]
    part = (tmp_path / "raw/rejected-events.jsonl").read_bytes()
    for row in rows[1:]:
        line = part[row["offset"] :].split(b"\n")[0]
        assert json.loads(line)["row"] == row["line"].decode()
