"""What is put on trial: a fitted model, the baseline, and the tables that both are judged by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marquee.artifacts import read_json
from marquee.errors import DataError, ParameterError
from marquee.evaluation.genres import read_genres
from marquee.evaluation.relevance import Relevance, read_relevance
from marquee.evaluation.scores import Catalogue, describe_catalogue
from marquee.evaluation.truth import Truth, find_truth
from marquee.metrics.ranking import RANKING_METRICS
from marquee.models.base import Recommender
from marquee.models.folder import read_config
from marquee.models.registry import fit_model, load_model
from marquee.params import EvaluateParams, TrainParams
from marquee.tables.interactions import Interactions, read_interactions


@dataclass(frozen=True, slots=True)
class Trial:
    """``systems`` are ``model`` and ``popularity``, both fitted on ``fitted``."""

    model_name: str
    fit_on: str
    split: dict[str, Any]
    systems: dict[str, Recommender]
    fitted: Interactions
    relevance: Relevance
    truth: Truth
    catalogue: Catalogue


def open_trial(
    tables: Path, model_folder: Path, params: EvaluateParams, baseline: TrainParams
) -> Trial:
    """Load a model, fit the popularity baseline on the same rows, and find the truth.

    :class:`ParameterError` where the model was fitted on what it would be judged by, or the gate's
    metric is none of those that are computed;
    :class:`DataError` where tables are missing or empty, have nothing relevant, or are not those
    that the model was fitted on.
    """
    _expect_gate_metric(params)
    config = read_config(model_folder)
    fit_on = str(config["fit_on"])
    _expect_unseen(params.split, fit_on, model_folder)
    fitted = read_interactions([tables / f"{split}.parquet" for split in fit_on.split("+")])
    model = load_model(model_folder)
    _expect_fitted_on(model, fitted, model_folder, tables)
    tested = tables / f"{params.split}.parquet"
    relevance = read_relevance(tables, params.min_relevant_rating)
    truth = find_truth(read_interactions([tested]), fitted, relevance.of)
    _expect_relevant(truth, tested, relevance)
    popularity = fit_model(fitted, baseline.model_copy(update={"model": "popularity"}))
    return Trial(
        model_name=str(config["name"]),
        fit_on=fit_on,
        split=read_json(tables / "split.json"),
        systems={"model": model, "popularity": popularity},
        fitted=fitted,
        relevance=relevance,
        truth=truth,
        catalogue=describe_catalogue(
            fitted, read_genres(tables / "movies.parquet", fitted.movie_ids)
        ),
    )


def _expect_gate_metric(params: EvaluateParams) -> None:
    known = [f"{name}_at_{k}" for k in params.cutoffs for name in RANKING_METRICS]
    if params.gate.metric not in known:
        raise ParameterError(
            f"evaluate.gate.metric = {params.gate.metric!r}: expected one of {', '.join(known)}"
        )


def _expect_unseen(split: str, fit_on: str, model_folder: Path) -> None:
    if split in fit_on.split("+"):
        raise ParameterError(
            f"evaluate.split = {split!r}: {model_folder} was fitted on {fit_on}, so it has seen "
            f"those rows; expected evaluate.split = 'test' or train.fit_on = 'train'"
        )


def _expect_fitted_on(
    model: Recommender, fitted: Interactions, model_folder: Path, tables: Path
) -> None:
    # A model may leave out users whose rows teach it nothing, never movies: lists are positions.
    same_movies = np.array_equal(model.movie_ids, fitted.movie_ids)
    known_users = np.isin(model.user_ids, fitted.user_ids)
    if not (same_movies and known_users.all()):
        raise DataError(
            f"{model_folder}: it knows {len(model.movie_ids)} movies and {len(model.user_ids)} "
            f"users, not the {len(fitted.movie_ids)} and {len(fitted.user_ids)} that {tables} "
            "would have it fitted on; expected a model of these tables"
        )


def _expect_relevant(truth: Truth, tested: Path, relevance: Relevance) -> None:
    if truth.relevant.any():
        return
    if relevance.min_rating is None:
        raise DataError(
            f"{tested}: every movie was met by its user before, so there is nothing to rank; "
            "expected more test rows"
        )
    best = np.nanmax(truth.tested.rating, initial=-np.inf)
    found = f"the best is {best:g}" if np.isfinite(best) else "there are no ratings"
    raise DataError(
        f"{tested}: no movie new to its user is rated {relevance.min_rating:g} or above "
        f"({found}), so there is nothing to rank; expected a lower "
        f"evaluate.min_relevant_rating or more test rows"
    )
