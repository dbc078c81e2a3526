import math

import numpy as np
import pyarrow as pa

from marquee.tables.columns import Rows
from marquee.tables.drift import Comparison, compare, psi_report
from marquee.tables.feedback import Feedback, gather
from marquee.tables.metadata import MOVIES

HOUR = 3_600_000_000
IDS = ["4+2005", "up+2009", "zodiac+2007"]
METADATA = pa.Table.from_pylist(
    [
        {"movie_id": "up+2009", "genres": ["Drama", "Animation"]},
        {"movie_id": "zodiac+2007", "genres": ["Drama"]},
        {"movie_id": "alien+1979", "genres": ["Horror"]},
    ],
    MOVIES,
)


def ratings(*events: tuple[int, int, int]) -> Feedback:
    """Ratings of (movie, hour, stars)."""
    movie, hour, stars = np.array(events, dtype=np.int64).reshape(-1, 3).T
    users, cents = np.arange(len(events)), (stars * 100).astype(np.int32)
    rows = Rows(users, movie.astype(np.int32), hour * HOUR, cents)
    return gather(rows, rows.take(np.arange(0)))


def comparisons(train: Feedback, test: Feedback) -> dict[str, Comparison]:
    return {found.name: found for found in compare(train, test, IDS, METADATA)}


TRAIN = ratings((1, 23, 5), (1, 24, 4), (2, 1, 4))
TEST = ratings((0, 23, 5), (2, 23, 1))


def test_ratings_are_counted_by_star() -> None:
    found = comparisons(TRAIN, TEST)["rating"]
    assert list(found.bins) == ["1", "4", "5"]
    assert (found.train.tolist(), found.test.tolist()) == ([0, 2, 1], [1, 0, 1])


def test_hours_are_those_of_the_day() -> None:
    found = comparisons(TRAIN, TEST)["hour"]
    assert np.flatnonzero(found.train).tolist() == [0, 1, 23]
    assert found.test[23] == 2


def test_popularity_is_that_of_train_and_new_movies_stand_apart() -> None:
    found = comparisons(TRAIN, TEST)["popularity"]
    counts = dict(zip(found.bins, zip(found.train, found.test, strict=True), strict=True))
    assert counts["tenth 1"] == (2, 0)
    assert counts["tenth 7"] == (1, 1)
    assert counts["not in train"] == (0, 1)


def test_an_event_counts_for_each_genre_of_its_movie() -> None:
    found = comparisons(TRAIN, TEST)["genre"]
    assert list(found.bins) == ["Animation", "Drama", "Horror"]
    assert (found.train.tolist(), found.test.tolist()) == ([2, 3, 0], [0, 1, 0])


def test_the_same_events_do_not_drift() -> None:
    assert set(psi_report(compare(TRAIN, TRAIN, IDS, METADATA)).values()) == {0.0}


def test_the_index_is_that_of_its_formula() -> None:
    found = Comparison("rating", ["1", "2"], np.array([50, 50]), np.array([90, 10]))
    assert math.isclose(found.psi, 0.4 * math.log(1.8) - 0.4 * math.log(0.2))


def test_without_metadata_the_drift_of_genres_is_unknown() -> None:
    found = compare(TRAIN, TEST, IDS, METADATA.slice(0, 0))
    assert math.isnan(psi_report(found)["genre"])
