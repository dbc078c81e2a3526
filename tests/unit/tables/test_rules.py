from dataclasses import replace

import pytest
from hypothesis import given

from marquee.errors import DataError
from marquee.events import RatingScale
from marquee.tables.columns import Events, concatenate
from marquee.tables.parse import parse_chunk
from marquee.tables.raw import Chunk
from marquee.tables.rules import Ledger, settle

from ..lines import logs

WATCH = b"2025-01-03T00:09,1,GET /data/m/up+2009/3.mpg\n"
SAME_WATCH = b"2025-01-03T00:09:00,1,GET /data/m/up+2009/3.mpg\r\n"
OTHER_MINUTE = b"2025-01-03T00:09,1,GET /data/m/up+2009/4.mpg\n"
RATING = b"2025-01-03T00:09,1,GET /rate/up+2009=3\n"
ANSWER = (
    b"2025-01-03T00:09,1,recommendation request a:1, status 200, result: up+2009,4+2005, 3 ms\n"
)
SAME_ANSWER = ANSWER.replace(b"09,4", b"09, 4")
OTHER_ANSWER = ANSWER.replace(b"up+2009,4+2005", b"4+2005,up+2009")
ACCOUNT = b"2025-01-03T00:09,1,GET /create_account\n"
DAMAGED = b"2025-01-03T00:09,1,GET /rate/up+2009=33\n"


def parse(*lines: bytes) -> Events:
    data = b"".join(lines)
    return concatenate([parse_chunk(Chunk("part", 0, data), RatingScale())])


def ledger(*lines: bytes) -> Ledger:
    return settle(parse(*lines), len(lines))[1]


def test_every_kind_of_line_has_its_place_in_the_ledger() -> None:
    assert ledger(WATCH, RATING, ANSWER, ACCOUNT, DAMAGED) == Ledger(
        lines=5,
        watches=1,
        ratings=1,
        recommendations=1,
        accounts=1,
        duplicates=0,
        quarantined=1,
    )


@pytest.mark.parametrize(
    ("line", "again"),
    [
        (WATCH, SAME_WATCH),
        (RATING, RATING),
        (ANSWER, SAME_ANSWER),
        (ACCOUNT, ACCOUNT),
    ],
)
def test_the_same_typed_event_again_is_a_duplicate(line: bytes, again: bytes) -> None:
    assert ledger(line, DAMAGED, again, again).duplicates == 2


@pytest.mark.parametrize(
    ("line", "other"), [(WATCH, OTHER_MINUTE), (WATCH, RATING), (ANSWER, OTHER_ANSWER)]
)
def test_an_event_that_differs_in_anything_is_no_duplicate(line: bytes, other: bytes) -> None:
    assert ledger(line, other).duplicates == 0


def test_a_quarantined_line_is_never_a_duplicate() -> None:
    assert ledger(DAMAGED, DAMAGED).quarantined == 2


def test_duplicates_leave_one_of_each() -> None:
    events, _ = settle(parse(OTHER_MINUTE, WATCH, ANSWER, SAME_WATCH, OTHER_ANSWER, ANSWER), 6)
    assert events.watches.value.tolist() == [3, 4]
    assert [row["movie_ids"] for row in events.recommendations.to_pylist()] == [
        ["up+2009", "4+2005"],
        ["4+2005", "up+2009"],
    ]


@given(logs())
def test_the_ledger_balances_whatever_the_lines(log: bytes) -> None:
    events = parse(log)
    _, found = settle(events, log.count(b"\n") + (log[-1:] not in (b"", b"\n")))
    assert found.lines == events.lines


def test_a_lost_row_breaks_the_ledger() -> None:
    events = parse(WATCH, OTHER_MINUTE, RATING)
    robbed = replace(events, watches=events.watches.take([0]))
    with pytest.raises(DataError, match="3 lines in, 2 accounted for"):
        settle(robbed, 3)


def test_a_row_from_nowhere_breaks_the_ledger() -> None:
    with pytest.raises(DataError, match="1 lines in, 2 accounted for"):
        settle(parse(WATCH, RATING), 1)
