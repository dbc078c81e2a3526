from pathlib import Path

import numpy as np

from marquee.evaluation.trial import Trial
from marquee.evaluation.truth import find_truth
from marquee.tables.interactions import read_interactions


def rows_of(trial: Trial, name: str) -> set[tuple[int, str]]:
    tested = trial.truth.tested
    rows = trial.truth.slices()[name]
    users, movies = tested.user_ids[tested.user_idx], tested.movie_ids[tested.movie_idx]
    return set(zip(users[rows].tolist(), movies[rows].tolist(), strict=True))


def test_the_three_kinds_of_rows_share_the_test_out(trial: Trial) -> None:
    slices = trial.truth.slices()
    parts = [slices[name].astype(int) for name in ("warm", "cold_user", "cold_movie")]
    assert np.array_equal(sum(parts), slices["all"].astype(int))


def test_a_user_who_was_not_fitted_on_is_cold(trial: Trial) -> None:
    assert rows_of(trial, "cold_user") == {(900, "c")}


def test_a_movie_that_was_not_fitted_on_is_cold_for_everyone(trial: Trial) -> None:
    assert rows_of(trial, "cold_movie") == {(901, "new"), (7, "new")}


def test_a_movie_is_relevant_when_liked_and_new_to_its_user(trial: Trial) -> None:
    truth = trial.truth
    movies = truth.tested.movie_ids[truth.tested.movie_idx]
    assert {*movies[truth.relevant].tolist()} == {"c", "d", "new"}


def test_a_row_without_rating_is_not_relevant(trial: Trial) -> None:
    truth = trial.truth
    assert not truth.relevant[np.isnan(truth.tested.rating)].any()


def test_relevant_movies_are_positions_in_the_catalogue(trial: Trial) -> None:
    truth = trial.truth
    found = truth.relevant_movies(truth.slices()["all"])
    user = list(truth.tested.user_ids).index(7)
    movies = found.movie_idx[found.indptr[user] : found.indptr[user + 1]]
    assert trial.catalogue.movie_ids[movies].tolist() == ["d"]
    assert truth.count_relevant(truth.slices()["all"])[user] == 2


def test_the_same_rows_as_fitted_and_tested_leave_nothing_relevant(tables: Path) -> None:
    rows = read_interactions([tables / "test.parquet"])
    assert not find_truth(rows, rows, lambda rating: rating >= 4).relevant.any()
