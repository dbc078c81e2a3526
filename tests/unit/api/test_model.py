"""A model answers a data scientist: ids and titles in, DataFrames out."""

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import marquee

from .frames import MOVIES, small_frame

COLUMNS = ["rank", "movie_id", "title", "year", "genres", "score"]
NAMES = ["popularity", "svd", "user_knn", "als"]


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> marquee.Model:
    return marquee.fit(small_frame(), request.param, movies=MOVIES)


@pytest.fixture
def knn() -> marquee.Model:
    return marquee.fit(small_frame(), movies=MOVIES)


def test_its_repr_is_one_line_that_says_which_model_it_is(model: marquee.Model) -> None:
    assert repr(model) == f"<marquee.Model {model.name}: 4 users, 5 movies, fitted on train>"
    assert (model.user_ids.tolist(), model.movie_ids.tolist()) == (
        [1, 2, 3, 9],
        ["alien", "brazil", "clue", "duel", "elf"],
    )


def test_a_list_has_ids_titles_and_scores_that_never_rise(model: marquee.Model) -> None:
    found = model.recommend(1, seen=True)

    assert list(found.columns) == COLUMNS
    assert found["rank"].tolist() == [1, 2, 3, 4, 5]
    assert found["score"].is_monotonic_decreasing
    by_id = found.set_index("movie_id")
    assert by_id.loc["alien", ["title", "year", "genres"]].tolist() == [
        "Alien",
        1979,
        ("Horror", "SF"),
    ]
    assert by_id.loc["elf", "title"] == "elf"
    assert by_id.loc[["duel", "elf"], "year"].isna().all()
    assert by_id.loc[["clue", "duel", "elf"], "genres"].tolist() == [(), (), ()]


def test_what_a_user_met_before_the_fit_is_left_out(model: marquee.Model) -> None:
    assert set(model.recommend(1)["movie_id"]) == {"duel", "elf"}
    assert set(model.recommend(9)["movie_id"]) == {"alien", "brazil", "clue", "duel"}


def test_what_is_excluded_is_left_out_and_unknown_ids_are_ignored(model: marquee.Model) -> None:
    assert model.recommend(1, exclude=["elf", "never-made"])["movie_id"].tolist() == ["duel"]
    assert model.recommend(1, exclude={"elf"}, seen=True).shape == (4, 6)
    assert model.recommend(1, exclude=["duel", "elf"]).shape == (0, 6)


WEIGHED = "; the score weighs each by how much they liked it and how recently they met it"


def test_an_unknown_user_gets_the_most_popular_movies(model: marquee.Model) -> None:
    popular = marquee.fit(small_frame(), "popularity", movies=MOVIES)
    met = small_frame()["movie_id"].value_counts()

    found = model.recommend(404, why=True)

    assert_frame_equal(found[COLUMNS], popular.recommend(404))
    for movie_id, why in found[["movie_id", "why"]].values:
        users = "user" if met[movie_id] == 1 else "users"
        assert why == f"popular: {met[movie_id]} {users} met it{WEIGHED}"
    assert model.knows([404, 1]).tolist() == [False, model.name != "popularity"]


@pytest.mark.parametrize("user_id", ["1", np.int64(1)])
def test_a_user_is_the_same_as_a_number_and_as_a_string(
    user_id: object, knn: marquee.Model
) -> None:
    assert_frame_equal(knn.recommend(user_id), knn.recommend(1))


@pytest.mark.parametrize("user_id", ["01", "1.0", "one", "", -1, 2**70, "²"])
def test_an_id_that_no_user_could_have_is_an_unknown_user(
    user_id: object, knn: marquee.Model
) -> None:
    assert_frame_equal(knn.recommend(user_id), knn.recommend("nobody"))
    assert not knn.knows([user_id])[0]


def test_an_id_that_no_user_could_have_is_shown_as_given(knn: marquee.Model) -> None:
    assert knn.explain("nobody", "alien").user_id == "nobody"
    found = knn.recommend_many(["one", 1, "two"], n=1)
    assert found["user_id"].tolist() == ["one", 1, "two"]


@pytest.mark.parametrize("path", [42, None])
def test_what_is_no_path_is_an_error(path: object, knn: marquee.Model) -> None:
    for use in (marquee.load, knn.save):
        with pytest.raises(marquee.MarqueeError, match=f"path = {path}: expected a folder, as a"):
            use(path)


@pytest.mark.parametrize("user_id", [1.0, None, True, (1,), "1\0"])
def test_what_is_no_id_is_an_error(user_id: object, knn: marquee.Model) -> None:
    with pytest.raises(marquee.MarqueeError, match=r"user_id = .*: expected (an integer|no NUL)"):
        knn.recommend(user_id)


def test_a_string_where_several_ids_belong_is_an_error(knn: marquee.Model) -> None:
    with pytest.raises(marquee.MarqueeError, match="exclude = 'elf': expected several ids"):
        knn.recommend(1, exclude="elf")
    with pytest.raises(marquee.MarqueeError, match="user_ids = 1: expected several ids"):
        knn.recommend_many(1)


@pytest.mark.parametrize("n", [0, -1, 2.5, "3", None, True])
def test_a_length_that_is_none_is_an_error(n: object, knn: marquee.Model) -> None:
    with pytest.raises(marquee.MarqueeError, match=r"n = .*: expected a whole number, at least 1"):
        knn.recommend(1, n=n)


def test_a_length_beyond_the_catalogue_is_that_of_the_catalogue(model: marquee.Model) -> None:
    assert_frame_equal(model.recommend(404, n=10**12), model.recommend(404, n=5))


def test_many_users_get_what_each_alone_gets_in_the_order_given(model: marquee.Model) -> None:
    users = [9, 404, 1, "2", 9]

    many = model.recommend_many(users, n=2)

    assert list(many.columns) == ["user_id", *COLUMNS]
    alone = [model.recommend(user, n=2).assign(user_id=int(user)) for user in users]
    assert_frame_equal(many, pd.concat(alone, ignore_index=True)[many.columns])
    assert model.recommend_many([]).shape == (0, 7)


def test_many_users_without_many_movies_take_little_memory() -> None:
    movies = [f"m{n:04}" for n in range(3000)]
    model = marquee.fit(pd.DataFrame({"user_id": range(3000), "movie_id": movies}), "popularity")

    tracemalloc.start()
    try:
        found = model.recommend_many(range(3000), n=1, exclude=movies[:-1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert set(found["movie_id"]) == {"m2999"}
    assert len(found) == 2999
    assert peak < 150e6


def test_it_predicts_the_stars_of_pairs(knn: marquee.Model) -> None:
    stars = knn.predict([1, "404", 1], ["duel", "alien", "never-made"])

    assert stars.shape == (3,)
    assert ((stars >= 2) & (stars <= 5)).all()


def test_to_predict_takes_pairs_and_a_model_of_ratings(knn: marquee.Model) -> None:
    with pytest.raises(marquee.MarqueeError, match="found 2 users and 1 movies, expected pairs"):
        knn.predict([1, 2], ["alien"])
    with pytest.raises(marquee.MarqueeError, match="it predicts no ratings"):
        marquee.fit(small_frame(), "als").predict([1], ["alien"])


SENTENCES = {
    "popularity": f"popular: 1 user met it{WEIGHED}",
    "user_knn": "1 of the users most like this one met it; shared with them: Alien (65%), ",
    "als": "from the user's own movies: Brazil (56%), Alien (28%), Clue (15%)",
    "svd": "3.86 stars on average, ",
}


def test_an_explanation_is_a_sentence_and_a_table(model: marquee.Model) -> None:
    found = model.explain("1", "duel")

    assert str(found).startswith(SENTENCES[model.name])
    assert found.title == "Duel"
    assert found.users == 1
    listed = model.recommend(1, why=True).set_index("movie_id").loc["duel"]
    assert listed["why"] == str(found)
    assert listed["score"] == pytest.approx(found.score)
    table = found.to_frame()
    assert list(table.columns) == ["kind", "movie_id", "title", "users", "value"]
    assert set(table["title"].dropna()) <= {"Alien", "Brazil", "Clue"}
    assert repr(found) == f"<marquee.Explanation of 'Duel' for user 1: {found}>"


@pytest.mark.parametrize(
    ("count", "half_life_days", "weighed"),
    [
        ("interactions", None, ""),
        ("liked", None, "; the score weighs each by how much they liked it"),
        ("interactions", 7, "; the score weighs each by how recently they met it"),
        ("liked", 7, WEIGHED),
    ],
)
def test_the_reason_of_a_popular_movie_says_what_its_score_weighs(
    count: str, half_life_days: float | None, weighed: str
) -> None:
    model = marquee.fit(small_frame(), "popularity", count=count, half_life_days=half_life_days)

    assert str(model.explain(404, "brazil")) == f"popular: 2 users met it{weighed}"


def test_a_movie_that_no_neighbour_met_is_the_average_users(knn: marquee.Model) -> None:
    assert str(knn.explain(1, "elf")) == "none of the users most like this one met it; 1 user did"


def test_a_movie_that_the_model_never_met_cannot_be_explained(model: marquee.Model) -> None:
    with pytest.raises(marquee.MarqueeError, match="movie_id = 'zulu': not one of the 5 movies"):
        model.explain(1, "zulu")


def test_a_saved_model_answers_as_before(model: marquee.Model, tmp_path: Path) -> None:
    model.save(str(tmp_path / "model"))

    loaded = marquee.load(str(tmp_path / "model"))

    assert repr(loaded) == repr(model)
    for user in (1, 9, 404):
        assert_frame_equal(loaded.recommend(user, why=True), model.recommend(user, why=True))


def test_to_save_never_replaces_what_is_there(knn: marquee.Model, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(marquee.MarqueeError, match="expected a new or an empty folder"):
        knn.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_no_model_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(marquee.MarqueeError, match=r"found no model there.*`make repro` fits one"):
        marquee.load(tmp_path)
