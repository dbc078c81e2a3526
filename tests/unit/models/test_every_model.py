"""What every registered model promises, whichever engine fits it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marquee.artifacts import files_below, read_json, write_json
from marquee.errors import ModelError
from marquee.models.registry import MODELS, fit_model, load_model
from marquee.params import TrainParams
from marquee.tables.interactions import Interactions

from .conftest import Fit
from .examples import (
    CASES,
    NONE,
    TRAITS,
    checkerboard,
    few,
    interactions,
    low_rank,
    make_params,
    split,
)

MOST_POPULAR = ["alien+1979", "brazil+1985", "clue+1985", "duel+1971", "elf+2003"]


def test_no_registered_model_escapes_this_suite() -> None:
    assert {model for model, _ in CASES} == set(TRAITS) == set(MODELS)


def test_an_unknown_user_gets_the_most_popular_movies_equals_by_id(fit: Fit) -> None:
    assert fit(few()).recommend(404, 5) == MOST_POPULAR


def test_what_an_unknown_user_gets_is_liked_and_recent_where_so_chosen(params: TrainParams) -> None:
    rows = [(user, "met+1999", 1) for user in range(4)] + [(4, "once+1999", 5)]
    rows += [(user, "liked+1999", 5) for user in (5, 6)]
    rows += [(user, "now+1999", 3) for user in (7, 8)]
    data = interactions(rows)
    data = replace(data, at=np.where(data.user_idx < 7, 0, 365 * 86_400_000_000))

    def unknown(**popularity: Any) -> list[str]:
        changed = params.popularity.model_copy(update=popularity)
        model = fit_model(data, params.model_copy(update={"popularity": changed}))
        return model.recommend(404, 2)

    assert unknown(count="interactions", half_life_days=None) == ["met+1999", "liked+1999"]
    assert unknown(count="liked", half_life_days=None) == ["liked+1999", "once+1999"]
    assert unknown(count="liked", half_life_days=30) == ["now+1999", "liked+1999"]


def test_a_user_without_history_gets_the_most_popular_movies(fit: Fit) -> None:
    data = few()
    # User 404 is listed and has no row.
    data = type(data)(
        np.append(data.user_ids, 404), *(getattr(data, name) for name in data.__slots__[1:])
    )

    assert fit(data).recommend(404, 5) == MOST_POPULAR


def test_what_is_excluded_is_not_recommended_and_unknown_exclusions_are_ignored(fit: Fit) -> None:
    model = fit(few())

    for user in (1, 404):
        found = model.recommend(user, 5, ["alien+1979", "duel+1971", "never+made+1900"])
        assert sorted(found) == ["brazil+1985", "clue+1985", "elf+2003"]


def test_the_whole_catalogue_is_ranked_each_movie_once(fit: Fit) -> None:
    assert sorted(fit(few()).recommend(1, 99)) == MOST_POPULAR


def test_no_recommendations_are_asked_for_and_none_given(fit: Fit) -> None:
    model = fit(few())

    assert model.recommend(1, 0) == []
    assert model.recommend_many(np.array([1, 404]), 0).shape == (2, 0)
    assert model.recommend_many(np.array([], np.int64), 3).shape == (0, 3)


def test_many_users_get_what_each_alone_gets(fit: Fit) -> None:
    data = low_rank()
    model = fit(data)
    users = np.array([404, *data.user_ids[::-1], 1])

    many = model.recommend_many(users, 10)

    for user, best in zip(users, many, strict=True):
        assert list(model.movie_ids[best]) == model.recommend(int(user), 10)


def test_each_of_many_users_is_spared_their_own_movies(fit: Fit) -> None:
    model = fit(few())
    # Other ids stand at other positions here than in the model.
    seen = interactions([(0, "elf+2003", 3), (2, "brazil+1985", 3), (2, "zulu+1964", 3)])

    one, two = model.recommend_many(np.array([1, 2]), 6, seen)

    assert sorted(one) == [-1, 0, 1, 2, 3, 4]
    assert sorted(two) == [-1, -1, 0, 2, 3, 4]
    assert list(two[-2:]) == [-1, -1]


def test_predictions_are_stars_of_the_scale_also_for_the_unknown(fit: Fit) -> None:
    data = low_rank()
    users = np.array([1, 404, 1, 404])
    movies = np.array(["movie+000", "movie+000", "never+made+1900", "never+made+1900"])

    stars = fit(data).predict(users, movies)

    if stars is not None:
        assert stars.shape == (4,)
        assert ((stars >= data.rating.min()) & (stars <= data.rating.max())).all()


def test_every_prediction_is_a_finite_number_before_and_after_saving(
    fit: Fit, tmp_path: Path
) -> None:
    model = fit(few())
    model.save(tmp_path)
    pairs = [(user, movie) for user in (1, 2, 9, 404) for movie in [*MOST_POPULAR, "zulu+1964"]]
    users, movies = (np.array(column) for column in zip(*pairs, strict=True))

    for answering in (model, load_model(tmp_path)):
        stars = answering.predict(users, movies)
        assert stars is None or np.isfinite(stars).all()


def test_predictions_beat_the_mean_of_all_and_that_of_movies(params: TrainParams) -> None:
    train, test = split(low_rank())
    pairs = test.user_ids[test.user_idx], test.movie_ids[test.movie_idx]
    stars = fit_model(train, params).predict(*pairs)
    traits = TRAITS[params.model]
    assert (stars is not None) == traits.predicts_stars
    if stars is None:
        return

    def rmse(guess: np.ndarray | float) -> float:
        return float(np.sqrt(np.mean((guess - test.rating) ** 2)))

    assert rmse(stars) < rmse(float(train.rating.mean()))
    if traits.tells_users_apart:
        movie_mean = np.bincount(train.movie_idx, train.rating) / np.bincount(train.movie_idx)
        assert rmse(stars) < 0.9 * rmse(movie_mean[test.movie_idx])
    if traits.predicts_to_the_noise:
        assert 0.3 < rmse(stars) < 0.5  # the noise of the ratings is 0.3, and rounding adds 0.14


def test_it_finds_the_movie_that_a_checkerboard_leaves_out(params: TrainParams) -> None:
    board = checkerboard(40)
    best = fit_model(board, params).recommend_many(board.user_ids, 1, board)[:, 0]

    share = np.mean(best == board.user_ids)

    # A movie that nobody rated low is no news to a model of ratings; nor are equals to popularity.
    assert share == 1 if TRAITS[params.model].finds_tastes_in_company else share < 1


def test_it_beats_chance_where_the_popular_is_what_they_watch_next(fit: Fit) -> None:
    rng = np.random.default_rng(5)
    weight = 1 / (1 + np.arange(200))
    met = [rng.choice(200, 24, replace=False, p=weight / weight.sum()) for _ in range(150)]
    rows = [
        [(user, f"m{movie:03}+1999", 5 - movie // 50) for movie in some]
        for user, some in enumerate(met)
    ]
    train = interactions(row for some in rows for row in some[:20])
    model = fit_model_and_rank(fit, train)

    hits = [len({row[1] for row in some[20:]} & set(model[user])) for user, some in enumerate(rows)]

    assert np.mean(hits) > 4 * 10 / 180  # four to find, ten guesses among 180


def fit_model_and_rank(fit: Fit, train: object) -> list[list[str]]:
    model = fit(train)
    best = model.recommend_many(train.user_ids, 10, train)
    return [list(model.movie_ids[row]) for row in best]


def test_one_user_who_met_one_movie_is_enough(fit: Fit) -> None:
    model = fit(interactions([(7, "alien+1979", 4, 90)]))

    assert model.recommend(7, 3) == ["alien+1979"]
    assert model.recommend(7, 3, ["alien+1979"]) == []
    stars = model.predict(np.array([7]), np.array(["alien+1979"]))
    assert stars is None or stars == pytest.approx([4])


def test_ratings_are_not_needed_or_it_says_so(params: TrainParams) -> None:
    watched = interactions(
        [(1, "alien+1979", NONE, 9), (2, "alien+1979", NONE, 5), (2, "elf+2003", NONE, 5)]
    )

    if not TRAITS[params.model].learns_without_ratings or "surprise" in name(params):
        with pytest.raises(ModelError, match=r"found 3 rows without a rating, expected ratings"):
            fit_model(watched, params)
    else:
        model = fit_model(watched, params)
        assert model.recommend(1, 1, ["alien+1979"]) == ["elf+2003"]
        assert model.predict(np.array([1]), np.array(["elf+2003"])) is None


def name(params: TrainParams) -> str:
    return str(getattr(params, params.model))


def test_nothing_to_fit_on_is_an_error(params: TrainParams) -> None:
    with pytest.raises(ModelError, match=f"{params.model}: found no rows to fit on"):
        fit_model(interactions([]), params)


@pytest.mark.parametrize("model", ["svd", "als"])
def test_more_factors_than_memory_is_an_error_before_any_is_made(model: str) -> None:
    expected = f"{model}, 1000000000 factors of 9 users and movies: needs 36.0 GB of memory, found"
    with pytest.raises(ModelError, match=expected):
        fit_model(few(), make_params(model, factors=10**9))


def test_the_interactions_stay_writable(fit: Fit) -> None:
    data = few()

    fit(data)

    assert all(getattr(data, column).flags.writeable for column in data.__slots__)


def test_a_saved_model_answers_as_before_from_mapped_files(fit: Fit, tmp_path: Path) -> None:
    data = low_rank()
    model = fit(data)
    model.save(tmp_path / "model")

    loaded = load_model(tmp_path / "model")

    assert type(loaded) is type(model)
    assert is_mapped(loaded.movie_ids)
    assert (loaded.recommend_many(data.user_ids, 9) == model.recommend_many(data.user_ids, 9)).all()
    pairs = data.user_ids[data.user_idx], data.movie_ids[data.movie_idx]
    before, after = model.predict(*pairs), loaded.predict(*pairs)
    assert (before is None and after is None) or (before == after).all()


def is_mapped(array: object) -> bool:
    while isinstance(array, np.ndarray) and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap)


def test_its_config_says_what_it_was_fitted_on_and_how(params: TrainParams, tmp_path: Path) -> None:
    fit_model(few(), params).save(tmp_path)

    config = read_json(tmp_path / "config.json")

    assert (config["name"], config["fit_on"], config["seed"]) == (params.model, "train", 1)
    assert config["params"] == getattr(params, params.model).model_dump()


def test_two_fits_give_the_same_bytes(fit: Fit, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        fit(low_rank()).save(tmp_path / folder)

    for file in files_below(tmp_path / "one"):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_a_damaged_folder_is_an_error_that_names_the_file(fit: Fit, tmp_path: Path) -> None:
    fit(few()).save(tmp_path)
    whole = {file: file.read_bytes() for file in files_below(tmp_path)}

    for file, content in whole.items():
        for damage in (b"", content[: len(content) // 2], b"\x00\xff" * 40, None):
            file.unlink() if damage is None else file.write_bytes(damage)
            with pytest.raises(ModelError, match=file.name):
                load_model(tmp_path)
        file.write_bytes(content)
    load_model(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 99),
        ("name", "oracle"),
        ("name", None),
        ("arrays", {}),
        ("constants", {"x": 1}),
        ("arrays", 3),
        ("fit_on", ...),
    ],
)
def test_a_config_of_another_kind_is_an_error(
    key: str, value: object, fit: Fit, tmp_path: Path
) -> None:
    fit(few()).save(tmp_path)
    config = read_json(tmp_path / "config.json")
    write_json(
        tmp_path / "config.json",
        {**{k: v for k, v in config.items() if k != key}, **({} if value is ... else {key: value})},
    )

    with pytest.raises(ModelError, match=str(tmp_path)):
        load_model(tmp_path)


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere: expected a saved model"):
        load_model(tmp_path / "nowhere")


def named(data: Interactions) -> Interactions:
    """Give users texts for ids, in the same order."""
    names = np.array([f'Zoë, "{user:05}"\n' for user in data.user_ids])
    return replace(data, user_ids=names)


def test_users_whose_ids_are_texts_get_what_numbered_ones_get(fit: Fit, tmp_path: Path) -> None:
    numbered, texts = low_rank(), named(low_rank())
    fit(texts).save(tmp_path)
    model, same = load_model(tmp_path), fit(numbered)

    assert model.user_ids.dtype.kind == "U"
    many = model.recommend_many(texts.user_ids, 5, texts)
    assert np.array_equal(many, same.recommend_many(numbered.user_ids, 5, numbered))
    for user, number in zip(texts.user_ids[:3], numbered.user_ids[:3], strict=True):
        assert model.recommend(str(user), 5) == same.recommend(int(number), 5)


@pytest.mark.parametrize("user_id", ["1", "", "1\0", "x" * 999, 2**63, -(2**70), True, 1.0])
def test_an_id_of_another_type_is_unknown(fit: Fit, user_id: Any) -> None:
    assert fit(few()).recommend(user_id, 5) == MOST_POPULAR


@pytest.mark.parametrize("user_id", [1, 2**70, "", 'Zoë, "00001"\n\0', "x" * 999])
def test_an_unknown_id_is_unknown_where_ids_are_texts(fit: Fit, user_id: Any) -> None:
    model = fit(named(few()))

    assert model.recommend(user_id, 5) == MOST_POPULAR
    many = model.recommend_many(np.array([1, 2]), 5)
    assert model.movie_ids[many].tolist() == [MOST_POPULAR, MOST_POPULAR]


def test_its_repr_is_one_line(fit: Fit) -> None:
    model = fit(few())

    assert repr(model) == f"<{type(model).__name__}: 4 users, 5 movies, fitted on train>"


def test_scores_rank_every_movie_exactly_as_it_is_recommended(fit: Fit) -> None:
    data = low_rank()
    model = fit(data)
    users = np.array([404, *data.user_ids])
    every = np.tile(np.arange(len(data.movie_ids), dtype=np.int32), (len(users), 1))

    scores = model.score(users, every)

    assert scores.dtype == np.float32
    assert (model.recommend_many(users, 99)[:, :80] == np.argsort(-scores, kind="stable")).all()


def test_the_score_of_an_unknown_user_is_popularity_and_of_no_movie_none(fit: Fit) -> None:
    model = fit(few())

    scores = model.score(np.array([404, 1]), np.array([[0, 4, -1], [0, 4, -1]], np.int32))

    assert scores[0].tolist()[:2] == [3, 1]
    assert np.isnan(scores).tolist() == [[False, False, True]] * 2
    assert model.score(np.array([], np.int64), np.empty((0, 3), np.int32)).shape == (0, 3)


def test_it_knows_whose_list_is_their_own(fit: Fit, params: TrainParams) -> None:
    model = fit(few())

    known = model.knows(np.array([404, 1, 9]))

    assert known.tolist() == [False] + 2 * [params.model != "popularity"]
