from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from marquee.errors import DataError, ModelError, ParameterError
from marquee.evaluation.trial import open_trial
from marquee.models.registry import fit_model
from marquee.params import EvaluateParams, TrainParams
from marquee.tables.interactions import read_interactions

from .conftest import write_split


@pytest.fixture
def model(tables: Path, train_params: TrainParams, tmp_path: Path) -> Path:
    return fitted(tables, train_params, tmp_path / "model", "train")


def fitted(tables: Path, train_params: TrainParams, folder: Path, fit_on: str) -> Path:
    rows = read_interactions([tables / f"{name}.parquet" for name in fit_on.split("+")])
    fit_model(rows, train_params.model_copy(update={"fit_on": fit_on})).save(folder)
    return folder


def test_both_systems_stand_on_the_rows_that_the_model_was_fitted_on(
    tables, model, evaluate_params, train_params
) -> None:
    trial = open_trial(tables, model, evaluate_params, train_params)
    assert trial.fit_on == "train"
    assert np.array_equal(trial.systems["model"].movie_ids, trial.systems["popularity"].movie_ids)


def test_genres_come_from_the_metadata_in_the_catalogues_order(
    tables, model, evaluate_params, train_params
) -> None:
    catalogue = open_trial(tables, model, evaluate_params, train_params).catalogue
    comedy, drama, horror = catalogue.genres.T.tolist()
    assert catalogue.movie_ids.tolist() == list("abcdef")
    assert (comedy, drama, horror) == ([0, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0])


def test_a_model_is_not_judged_by_rows_that_it_was_fitted_on(
    tables, tmp_path, evaluate_params: EvaluateParams, train_params
) -> None:
    model = fitted(tables, train_params, tmp_path / "both", "train+validation")
    on_validation = evaluate_params.model_copy(update={"split": "validation"})
    with pytest.raises(ParameterError, match=r"evaluate.split = 'validation'.*train\+validation"):
        open_trial(tables, model, on_validation, train_params)


def test_a_model_fitted_on_train_alone_may_be_judged_on_validation(
    tables, model, evaluate_params: EvaluateParams, train_params
) -> None:
    on_validation = evaluate_params.model_copy(update={"split": "validation"})
    assert open_trial(tables, model, on_validation, train_params).truth.n_users == 1


def test_a_model_of_other_tables_is_named(
    tables: Path, model, evaluate_params, train_params
) -> None:
    write_split(tables / "train.parquet", [(1, "a", 4.0), (2, "z", 3.0)])
    with pytest.raises(DataError, match="knows 6 movies and 61 users, not the 2 and 2"):
        open_trial(tables, model, evaluate_params, train_params)


def test_a_model_may_leave_out_users_who_rated_nothing(
    tables: Path, evaluate_params, train_params: TrainParams, tmp_path: Path
) -> None:
    write_split(tables / "train.parquet", [(1, "a", 4.0), (2, "d", 3.0), (3, "a", None)])
    svd = train_params.model_copy(update={"model": "svd"})
    model = fitted(tables, svd, tmp_path / "svd", "train")
    trial = open_trial(tables, model, evaluate_params, train_params)
    assert trial.truth.warm.sum() == 3


def test_a_test_without_rows_is_named(tables: Path, model, evaluate_params, train_params) -> None:
    table = pq.read_table(tables / "test.parquet")
    pq.write_table(table.slice(0, 0), tables / "test.parquet")
    with pytest.raises(DataError, match=r"test.parquet"):
        open_trial(tables, model, evaluate_params, train_params)


def test_a_relevant_rating_outside_the_scale_is_refused(
    tables, model, evaluate_params: EvaluateParams, train_params
) -> None:
    eight = evaluate_params.model_copy(update={"min_relevant_rating": 8})
    with pytest.raises(ParameterError, match=r"rating = 8: expected a rating of the scale 1 to 5"):
        open_trial(tables, model, eight, train_params)


def test_a_test_without_anything_relevant_is_named(
    tables: Path, model, evaluate_params, train_params
) -> None:
    write_split(tables / "test.parquet", [(1, "c", 3.0)])
    with pytest.raises(DataError, match=r"rated \S+ or above \(the best is 3\)"):
        open_trial(tables, model, evaluate_params, train_params)


def test_a_test_without_ratings_is_named(
    tables: Path, model, evaluate_params, train_params
) -> None:
    write_split(tables / "test.parquet", [(1, "c", None)])
    with pytest.raises(DataError, match="there are no ratings"):
        open_trial(tables, model, evaluate_params, train_params)


def test_a_missing_model_is_named(tables, tmp_path, evaluate_params, train_params) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        open_trial(tables, tmp_path / "nowhere", evaluate_params, train_params)


def test_a_gate_metric_that_is_not_computed_is_refused(
    tables, model, evaluate_params: EvaluateParams, train_params
) -> None:
    gate = evaluate_params.gate.model_copy(update={"metric": "ndcg_at_10"})
    other = evaluate_params.model_copy(update={"gate": gate})
    with pytest.raises(ParameterError, match=r"gate.metric = 'ndcg_at_10': .* ndcg_at_2,"):
        open_trial(tables, model, other, train_params)
