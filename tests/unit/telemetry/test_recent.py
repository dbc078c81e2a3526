from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marquee.events import Rating, RatingScale, Watch, format_event
from marquee.telemetry.decode import decode
from marquee.telemetry.interactions import SLOT, Interactions, collapse
from marquee.telemetry.recent import Recent
from marquee.telemetry.records import Record

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 1, 2, tzinfo=UTC)

watches = st.builds(
    lambda minutes, user_id, movie_id, minute: Watch(
        BEGIN + timedelta(minutes=minutes), user_id, movie_id, minute
    ),
    st.integers(0, 120),
    st.integers(0, 2),
    st.sampled_from(["a+2000", "b+"]),
    st.integers(0, 3),
)


def rows_of(*events: Watch | Rating) -> Interactions:
    records = [Record(0, i, 0, format_event(event).encode()) for i, event in enumerate(events)]
    return collapse(decode(records, RatingScale(), NOW))


def slots(rows: Interactions) -> list[tuple[int, str, int, int]]:
    columns = (rows.user_id, rows.movie, rows.slot_at, rows.at)
    return [
        (user_id, rows.movie_ids[movie], slot_at, at)
        for user_id, movie, slot_at, at in zip(*(c.tolist() for c in columns), strict=True)
    ]


@given(st.lists(watches, min_size=1, max_size=20), st.lists(watches, min_size=1, max_size=20))
def test_a_row_is_covered_by_an_earlier_minute_of_its_slot_alone(
    stored: list[Watch], asked: list[Watch]
) -> None:
    recent, known, rows = Recent(), rows_of(*stored), rows_of(*asked)
    recent.add(known)
    earliest = {slot[:3]: slot[3] for slot in slots(known)}
    expected = [slot[:3] in earliest and earliest[slot[:3]] < slot[3] for slot in slots(rows)]
    assert recent.covers(rows).tolist() == expected


def test_what_was_never_noted_is_not_covered() -> None:
    rows = rows_of(Watch(datetime(1970, 1, 1, tzinfo=UTC), 0, "a+2000", 0))
    assert not Recent().covers(rows).any()


def test_ratings_are_never_covered() -> None:
    recent, rows = Recent(), rows_of(Rating(BEGIN, 1, "a+2000", 4))
    recent.add(rows)
    assert not recent.covers(rows_of(Rating(BEGIN + SLOT / 2, 1, "a+2000", 4))).any()


def test_what_is_displaced_is_not_taken_for_another() -> None:
    recent = Recent()
    many = rows_of(*(Watch(BEGIN, user_id, "a+2000", 0) for user_id in range(100)))
    crowd = many.take(np.repeat(np.arange(100), 5_000))
    crowd.user_id[:] = np.arange(len(crowd))
    recent.add(crowd)
    later = crowd.take(np.arange(len(crowd)))
    later.at[:] += 1
    covered = recent.covers(later)
    assert 0.5 < covered.mean() < 0.8
    stranger = later.take(np.arange(len(later)))
    stranger.user_id[:] += len(crowd)
    assert not recent.covers(stranger).any()
