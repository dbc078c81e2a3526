"""The offline protocol: the full catalogue is ranked, what was fitted on is masked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from marquee.evaluation.comparison import Apart, Comparison, compare
from marquee.evaluation.estimates import Estimate, estimate, estimate_exposure
from marquee.evaluation.scores import Answers, ask, ranking_columns, score, take
from marquee.evaluation.trial import Trial
from marquee.evaluation.truth import HEADLINE, BoolArray
from marquee.metrics.rating import mae, rmse, sum_errors
from marquee.params import EvaluateParams

_CURVE_METRICS = ("ndcg", "recall")
_CURVE_CUTOFFS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100)


@dataclass(frozen=True, slots=True)
class SliceResult:
    """The comparison on one slice; ``constant`` holds the RMSE and MAE of the train mean.

    ``relevant_users`` have at least one relevant movie in it; ranking metrics are theirs alone.
    """

    users: int
    rows: int
    relevant_users: int
    comparisons: list[Comparison]
    constant: dict[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was asked, what was answered, how good it was.

    ``curve`` holds, for each system, ranking metrics of the headline slice at many cutoffs.
    """

    trial: Trial
    answers: dict[str, Answers]
    slices: dict[str, SliceResult]
    curve: dict[str, dict[str, Estimate]]


def evaluate_offline(trial: Trial, params: EvaluateParams) -> Evaluation:
    """Ask both systems for every test user and compare them on every slice."""
    n = max(params.cutoffs)
    answers = {
        name: ask(system, trial.truth, trial.fitted, n) for name, system in trial.systems.items()
    }
    slices = tqdm(trial.truth.slices().items(), desc="slices", disable=None)
    return Evaluation(
        trial=trial,
        answers=answers,
        slices={name: _judge_slice(trial, answers, rows, params) for name, rows in slices},
        curve=_curve(trial, answers, params),
    )


def _judge_slice(
    trial: Trial, answers: Mapping[str, Answers], rows: BoolArray, params: EvaluateParams
) -> SliceResult:
    truth = trial.truth
    users = truth.users_of(rows)
    estimates = _estimate(trial, answers, rows, params) if len(users) else ({}, {})
    return SliceResult(
        users=len(users),
        rows=int(rows.sum()),
        relevant_users=int((truth.count_relevant(rows) > 0).sum()),
        comparisons=compare(*estimates, _tell_apart(trial, answers, rows), params),
        constant=_constant_errors(trial, rows),
    )


def _estimate(
    trial: Trial, answers: Mapping[str, Answers], rows: BoolArray, params: EvaluateParams
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    users = trial.truth.users_of(rows)
    systems = [answers["model"], answers["popularity"]]
    columns = [
        take(score(system, trial.truth, rows, trial.catalogue, params.cutoffs), users)
        for system in systems
    ]
    model, popularity = estimate(columns, params.bootstrap)
    n_movies = len(trial.catalogue.movie_ids)
    listings = [system.ranked[users] for system in systems]
    shapes = estimate_exposure(listings, n_movies, params.cutoffs, params.bootstrap)
    return model | shapes[0], popularity | shapes[1]


def _tell_apart(trial: Trial, answers: Mapping[str, Answers], rows: BoolArray) -> Apart:
    """Count the users of a slice to whom the two systems gave different answers."""
    model, popularity = answers["model"], answers["popularity"]
    users = trial.truth.users_of(rows)
    lists = (model.ranked[users] != popularity.ranked[users]).any(axis=1)
    if model.predicted is None or popularity.predicted is None:
        return Apart(int(lists.sum()), 0)
    rated = rows & ~np.isnan(trial.truth.tested.rating)
    ratings = trial.truth.users_of(rated & (model.predicted != popularity.predicted))
    return Apart(int(lists.sum()), len(ratings))


def _constant_errors(trial: Trial, rows: BoolArray) -> dict[str, float]:
    """Give the errors of always answering the train mean, so that others can be read."""
    given = trial.truth.tested.rating[rows]
    known = trial.fitted.rating[~np.isnan(trial.fitted.rating)].astype(np.float64)
    if not len(known):
        return {"rmse": np.nan, "mae": np.nan}
    mean = known.mean()
    errors = sum_errors(np.zeros(len(given), np.int32), 1, given, np.full(len(given), mean))
    return {"rmse": rmse(errors), "mae": mae(errors)}


def _curve(
    trial: Trial, answers: Mapping[str, Answers], params: EvaluateParams
) -> dict[str, dict[str, Estimate]]:
    rows = trial.truth.slices()[HEADLINE]
    users = trial.truth.users_of(rows)
    if not len(users):
        return {}
    cutoffs = sorted({k for k in _CURVE_CUTOFFS if k <= max(params.cutoffs)} | {*params.cutoffs})
    columns = [
        take(ranking_columns(system, trial.truth, rows, cutoffs, _CURVE_METRICS), users)
        for system in answers.values()
    ]
    return dict(zip(answers, estimate(columns, params.bootstrap), strict=True))
