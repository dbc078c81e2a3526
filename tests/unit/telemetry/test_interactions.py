from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from marquee.events import Rating, RatingScale, Watch, format_event
from marquee.telemetry.decode import decode
from marquee.telemetry.interactions import SLOT, collapse
from marquee.telemetry.records import Record

BEGIN = datetime(2024, 12, 31, 23, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 1, 2, tzinfo=UTC)

times = st.builds(
    lambda minutes, us: BEGIN + timedelta(minutes=minutes, microseconds=us),
    st.integers(0, 100),
    st.integers(-1, 1),
)
users, movies = st.integers(0, 2), st.sampled_from(["a+2000", "b+"])
events = st.one_of(
    st.builds(Watch, times, users, movies, st.integers(0, 3)),
    st.builds(Rating, times, users, movies, st.integers(1, 5).map(float)),
)


@given(st.lists(events, max_size=40))
def test_a_slot_keeps_its_first_minute_and_an_instant_its_smallest_rating(
    found: list[Watch | Rating],
) -> None:
    expected: dict[tuple[object, ...], tuple[datetime, float]] = {}
    for event in found:
        rating = isinstance(event, Rating)
        slot_at = event.at if rating else EPOCH + (event.at - EPOCH) // SLOT * SLOT
        key = event.user_id, event.movie_id, "rating" if rating else "watch", slot_at
        row = event.at, event.value if isinstance(event, Rating) else float(event.minute)
        expected[key] = min(expected.get(key, row), row)
    records = [Record(0, i, 0, format_event(event).encode()) for i, event in enumerate(found)]
    table = collapse(decode(records, RatingScale(), NOW)).as_table().to_pylist()
    assert {
        (row["user_id"], row["movie_id"], row["kind"], row["slot_at"]): (row["at"], row["value"])
        for row in table
    } == expected
    assert len(table) == len(expected)
