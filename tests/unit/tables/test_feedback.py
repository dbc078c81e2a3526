from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marquee.tables.columns import Rows
from marquee.tables.feedback import aggregate, collapse, gather
from marquee.tables.kernels import order_by

MINUTE = 60_000_000
MOVIES = ["4+2005", "up+2009"]


def table(*events: tuple[int, int, int, int]) -> Rows:
    """Rows of (user, movie, minutes since 1970, value)."""
    user_id, movie, at, value = np.array(events, dtype=np.int64).reshape(-1, 4).T
    return Rows(user_id, movie.astype(np.int32), at * MINUTE, value.astype(np.int32))


def viewings(*events: tuple[int, int, int, int], gap: int = 30) -> list[tuple[int, ...]]:
    """(user, movie, begin, distinct minutes, furthest minute) of each viewing."""
    found = collapse(table(*events), gap)
    begin = found.rows.at // MINUTE
    columns = (found.rows.user_id, found.rows.movie, begin, found.rows.value, found.last_minute)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_minutes_in_a_row_are_one_viewing() -> None:
    assert viewings((1, 0, 10, 0), (1, 0, 11, 1), (1, 0, 12, 2)) == [(1, 0, 10, 3, 2)]


def test_a_pause_up_to_the_gap_belongs_to_the_viewing_and_a_longer_one_ends_it() -> None:
    assert len(viewings((1, 0, 10, 0), (1, 0, 40, 1))) == 1
    assert viewings((1, 0, 10, 0), (1, 0, 41, 1)) == [(1, 0, 10, 1, 0), (1, 0, 41, 1, 1)]


def test_a_minute_seen_twice_counts_once_and_the_furthest_is_kept() -> None:
    assert viewings((1, 0, 10, 7), (1, 0, 11, 3), (1, 0, 12, 3)) == [(1, 0, 10, 2, 7)]


def test_users_and_movies_do_not_share_viewings() -> None:
    assert len(viewings((1, 0, 10, 0), (1, 1, 11, 0), (2, 1, 11, 0))) == 3


def test_no_watches_are_no_viewings() -> None:
    assert viewings() == []


def test_a_pair_has_one_row_with_its_last_rating_all_minutes_and_last_time() -> None:
    rows = aggregate(
        gather(
            table((1, 1, 5, 400), (1, 1, 9, 200), (2, 0, 1, 300)),
            table((1, 1, 3, 50), (1, 1, 20, 30), (1, 0, 4, 10)),
        ),
        MOVIES,
    ).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (1, "4+2005", datetime(1970, 1, 1, 0, 4, tzinfo=UTC), None, 10),
        (1, "up+2009", datetime(1970, 1, 1, 0, 20, tzinfo=UTC), 2.0, 80),
        (2, "4+2005", datetime(1970, 1, 1, 0, 1, tzinfo=UTC), 3.0, 0),
    ]


def test_of_ratings_at_the_same_instant_the_highest_counts() -> None:
    for ratings in (((1, 0, 5, 200), (1, 0, 5, 400)), ((1, 0, 5, 400), (1, 0, 5, 200))):
        assert aggregate(gather(table(*ratings), table()), MOVIES)["rating"].to_pylist() == [4.0]


def test_no_feedback_aggregates_to_no_rows() -> None:
    assert len(aggregate(gather(table(), table()), MOVIES)) == 0


integers = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)


@given(st.lists(st.tuples(integers, integers), max_size=50))
def test_order_by_is_the_stable_order_of_rows(rows: list[tuple[int, int]]) -> None:
    first, second = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    expected = sorted(range(len(rows)), key=rows.__getitem__)
    assert order_by(first, second).tolist() == expected
