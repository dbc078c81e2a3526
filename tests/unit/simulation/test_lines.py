from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marquee.events import Rating, RatingScale, Recommendation, Served, Watch, format_event
from marquee.simulation.answers import SERVER, Answers
from marquee.simulation.lines import Events, Vocabulary

MOVIES = ("m*a*s*h+1970", "++++++1959", "the+dark+knight+2008")
SCALE = RatingScale(0.5, 5.0, 0.5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLD = Served(UUID(int=1), "control", "v1", personalised=True)
NOBODY = Answers(*(np.zeros(0, dtype=np.int64),) * 2, np.zeros((0, 20), dtype=np.int64),
                 *(np.zeros(0, dtype=np.int64),) * 2, np.zeros(0, dtype=object))  # fmt: skip

times = st.integers(-(2**33), 2**37)
users = st.integers(0, 2**63 - 1)
watches = st.tuples(times, users, st.integers(0, 2), st.integers(0, 239))
ratings = st.tuples(times, users, st.integers(0, 2), st.integers(1, 10))


def texts(events: Events, answers: Answers = NOBODY) -> list[str]:
    block = Vocabulary(MOVIES, SCALE).block(events, answers)
    text, ends = block.text.tobytes(), [0, *block.ends.tolist()]
    return [text[ends[i] : ends[i + 1]].decode() for i in range(len(ends) - 1)]


def arrays(rows: list[tuple[int, ...]]) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    return [np.array(column, dtype=np.int64) for column in zip(*sorted(rows), strict=True)]


@given(st.lists(watches, min_size=1, max_size=20, unique_by=lambda row: row[0]))
def test_watched_minutes_are_written_as_format_event_writes_them(
    rows: list[tuple[int, int, int, int]],
) -> None:
    expected = [
        format_event(Watch(EPOCH + timedelta(seconds=at), user, MOVIES[movie], minute)) + "\n"
        for at, user, movie, minute in sorted(rows)
    ]
    assert texts(Vocabulary(MOVIES, SCALE).watches(*arrays(rows))) == expected


@given(st.lists(ratings, min_size=1, max_size=20, unique_by=lambda row: row[0]))
def test_ratings_are_written_as_format_event_writes_them(
    rows: list[tuple[int, int, int, int]],
) -> None:
    expected = [
        format_event(Rating(EPOCH + timedelta(seconds=at), user, MOVIES[movie], half / 2)) + "\n"
        for at, user, movie, half in sorted(rows)
    ]
    at, user, movie, half = arrays(rows)
    assert texts(Vocabulary(MOVIES, SCALE).ratings(at, user, movie, half / 2)) == expected


def test_answers_are_written_among_the_rest_in_order_of_time() -> None:
    answers = Answers(
        at_us=np.array([5_500_000, 1_250_000]),
        user=np.array([8, 9]),
        movies=np.array([[2, 0, -1], [1, -1, -1]]),
        failure=np.array([-1, 1]),
        latency_ms=np.array([120, 1_100]),
        served=np.array([TOLD, None]),
    )
    watched = Vocabulary(MOVIES, SCALE).watches(*arrays([(3, 7, 1, 0)]))
    failed, watch, answered = texts(watched, answers)
    event = Recommendation(
        EPOCH + timedelta(seconds=5.5), 8, SERVER, 200, (MOVIES[2], MOVIES[0]), None, 120, TOLD
    )
    assert answered == format_event(event) + "\n"
    assert watch == "1970-01-01T00:00:03,7,GET /data/m/++++++1959/0.mpg\n"
    assert "status 0, result: Connection refused" in failed


def test_a_block_without_events_is_empty() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert texts(Vocabulary(MOVIES, SCALE).watches(nothing, nothing, nothing, nothing)) == []
