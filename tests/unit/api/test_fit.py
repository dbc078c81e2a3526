"""A model is fitted on a DataFrame, or the caller is told what is wrong with it."""

import numpy as np
import pandas as pd
import pytest

import marquee
from marquee.api.defaults import HYPERPARAMETERS
from marquee.api.frames import as_interactions, as_metadata
from marquee.models.registry import MODELS

from .frames import MOVIES, small_frame


def test_every_model_has_hyperparameters() -> None:
    assert HYPERPARAMETERS.keys() == MODELS.keys()
    for name in MODELS:
        assert marquee.fit(small_frame(), name).name == name


def test_users_may_be_strings() -> None:
    frame = small_frame()
    frame["user_id"] = "u" + frame["user_id"].astype(str)

    model = marquee.fit(frame)

    assert model.user_ids.tolist() == ["u1", "u2", "u3", "u9"]
    assert set(model.recommend("u1")["movie_id"]) == {"duel", "elf"}
    assert model.recommend_many(["u9"])["user_id"].tolist() == 4 * ["u9"]
    assert model.recommend(1).shape == (5, 6)
    assert not model.knows([1])[0]


def test_users_as_digits_in_strings_stay_strings_and_are_found_by_their_number() -> None:
    model = marquee.fit(small_frame().astype({"user_id": str}))

    assert model.user_ids.tolist() == ["1", "2", "3", "9"]
    assert set(model.recommend(1)["movie_id"]) == {"duel", "elf"}


def test_numbers_that_are_no_users_of_a_log_become_strings() -> None:
    model = marquee.fit(pd.DataFrame({"user_id": [-1, 5], "movie_id": [7, 7]}))

    assert model.user_ids.tolist() == ["-1", "5"]


def test_movies_may_be_integers_and_are_text_in_the_model() -> None:
    model = marquee.fit(pd.DataFrame({"user_id": [1, 1, 2], "movie_id": [10, 9, 9]}))

    assert model.movie_ids.tolist() == ["10", "9"]
    assert model.recommend(2)["movie_id"].tolist() == ["10"]
    assert model.recommend(404, exclude=[9])["movie_id"].tolist() == ["10"]


@pytest.mark.parametrize("dtype", ["int32", "uint8", "Int64", "category", "object"])
def test_any_type_of_whole_numbers_will_do(dtype: str) -> None:
    assert as_interactions(small_frame().astype({"user_id": dtype})).user_ids.dtype == np.int64


TIMES = {
    "seconds": [20, 10],
    "datetimes": pd.to_datetime([20, 10], unit="s"),
    "aware": pd.to_datetime([20, 10], unit="s").tz_localize("UTC").tz_convert("Asia/Tokyo"),
    "text": ["1970-01-01T00:00:20", "1970-01-01T00:00:10"],
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("name", ["at", "timestamp"])
def test_of_a_pair_the_latest_rating_counts_and_minutes_add_up(name: str, times: object) -> None:
    frame = pd.DataFrame(
        {"user_id": [1, 1], "movie_id": ["a", "a"], "rating": [2.0, 5.0], "minutes": [30, 12]}
    ).assign(**{name: times})

    rows = as_interactions(frame)

    assert (rows.rating.tolist(), rows.minutes.tolist(), rows.at.tolist()) == ([2], [42], [20e6])


def test_a_frame_of_ids_alone_is_enough() -> None:
    rows = as_interactions(small_frame()[["user_id", "movie_id"]])

    assert np.isnan(rows.rating).all()
    assert (rows.minutes.tolist(), rows.at.tolist()) == ([0] * 9, [0] * 9)


WRONG = {
    "no frame": ([(1, "a")], r"frame: found a list, expected a pandas DataFrame"),
    "lacks a column": (
        small_frame().rename(columns={"movie_id": "item"}),
        r"frame: found the columns user_id, item, rating, minutes; expected user_id and movie_id, "
        r"optionally rating, minutes, at, timestamp, and no others",
    ),
    "one too many": (small_frame().assign(stars=3), "found the columns .*, stars; expected"),
    "no rows": (small_frame()[:0], "frame: found no rows"),
    "no user": (
        small_frame().assign(user_id=[None, *"12345678"]),
        "frame: user_id is missing in 1 of 9 rows",
    ),
    "users with a fraction": (
        small_frame().assign(user_id=0.5),
        "frame: user_id = 0.5: expected integers or strings",
    ),
    "users that are lists": (
        small_frame().assign(user_id=[[1]] * 9),
        "frame: user_id: expected integers or strings in all rows",
    ),
    "ids that numpy would make one": (
        small_frame().assign(user_id=["a", "a\0", *"bcdefgh"]),
        r"frame: user_id = 'a\\x00': a NUL character in an id",
    ),
    "an empty id": (
        small_frame().assign(movie_id=["", *"abcdefgh"]),
        "frame: movie_id = '': an empty id",
    ),
    "users that are truths": (small_frame().assign(user_id=True), "user_id = True: expected"),
    "ratings as text": (
        small_frame().assign(rating="good"),
        "frame: rating is of type str, expected numbers",
    ),
    "infinite ratings": (
        small_frame().assign(rating=float("inf")),
        "frame: rating has infinite values",
    ),
    "minutes below 0": (
        small_frame().assign(minutes=-3),
        "frame: minutes from -3 to -3, expected 0 or more",
    ),
    "two times": (
        small_frame().assign(at=1, timestamp=1),
        "found the columns at and timestamp, expected one of them",
    ),
    "no times": (small_frame().assign(at="soon"), "frame: at: .*; expected datetimes or seconds"),
    "a day of any month": (
        small_frame().assign(at="03/04/2024"),
        "frame: at: Time data 03/04/2024 is not ISO8601 format; expected datetimes or seconds",
    ),
    "milliseconds": (
        small_frame().assign(timestamp=1_700_000_000_000),
        "frame: timestamp goes up to the year 55840; expected datetimes or seconds since 1970, not",
    ),
    "nothing": (pd.DataFrame(), "frame: found the columns none; expected user_id and movie_id"),
    "a time is missing": (
        small_frame().assign(at=[None, *range(8)]),
        "frame: at is missing in 1 of 9 rows",
    ),
}


@pytest.mark.parametrize(("frame", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_frame_is_an_error_that_says_what_was_found(frame: object, message: str) -> None:
    with pytest.raises(marquee.MarqueeError, match=message):
        marquee.fit(frame)


def test_wrong_parameters_are_errors() -> None:
    with pytest.raises(marquee.MarqueeError, match="model = 'oracle': expected one of popularity"):
        marquee.fit(small_frame(), "oracle")
    with pytest.raises(marquee.MarqueeError, match=r"model = \['svd'\]: expected one of"):
        marquee.fit(small_frame(), ["svd"])
    with pytest.raises(marquee.MarqueeError, match=r"fit: user_knn\.factors: unknown key"):
        marquee.fit(small_frame(), factors=3)
    with pytest.raises(marquee.MarqueeError, match=r"fit: user_knn\.neighbours = 0: expected"):
        marquee.fit(small_frame(), neighbours=0)


def test_hyperparameters_and_seed_are_those_given() -> None:
    one, same, other = (marquee.fit(small_frame(), "svd", factors=4, seed=s) for s in (1, 1, 2))

    scores = [model.recommend(1)["score"].tolist() for model in (one, same, other)]
    assert scores[0] == scores[1] != scores[2]


def test_hyperparameters_may_be_numbers_of_numpy() -> None:
    theirs = marquee.fit(
        small_frame(), "svd", factors=np.int64(4), learning_rate=np.float64(0.02), seed=np.int32(2)
    )
    ours = marquee.fit(small_frame(), "svd", factors=4, learning_rate=0.02, seed=2)

    assert theirs.recommend(1).equals(ours.recommend(1))


def test_metadata_may_be_lists_or_text_and_the_first_row_of_a_movie_counts() -> None:
    found = as_metadata(
        pd.DataFrame(
            {
                "movie_id": ["a", "a", 7],
                "title": ["A", "B", float("nan")],
                "genres": [["War"], None, "War|SF"],
            }
        )
    ).to_pylist()

    assert [(row["movie_id"], row["title"], row["year"], row["genres"]) for row in found] == [
        ("a", "A", None, ["War"]),
        ("7", None, None, ["War", "SF"]),
    ]


@pytest.mark.parametrize(
    ("movies", "message"),
    [
        (MOVIES.drop(columns="movie_id"), "movies: found the columns title, year, genres; expect"),
        (MOVIES.assign(year="long ago"), "movies: year = 'long ago': expected a whole number"),
        (MOVIES.assign(year=float("inf")), "movies: year = inf: expected a whole number"),
        (MOVIES.assign(year=10**10), "movies: year = 10000000000: expected a whole number"),
        (MOVIES.assign(year=[[1, 2]] * 4), r"movies: year = \[1, 2\]: expected a whole number"),
        (MOVIES.assign(movie_id=[1.0, 2.0, 3.0, 4.0]), "movies: movie_id = 1.0: expected integers"),
        (MOVIES.assign(movie_id=["a", None, "b", "c"]), "movies: movie_id is missing in 1 of 4"),
    ],
)
def test_wrong_metadata_is_an_error(movies: pd.DataFrame, message: str) -> None:
    with pytest.raises(marquee.MarqueeError, match=message):
        marquee.fit(small_frame(), movies=movies)
