"""What one model answers to the test, and how good it is, user by user."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.truth import BoolArray, Truth
from marquee.metrics.beyond import average_over_list, diversity
from marquee.metrics.logarithm import log2
from marquee.metrics.ranking import RANKING_METRICS, find_hits
from marquee.metrics.rating import mae_per_user, rmse_per_user, sum_errors
from marquee.models.base import Recommender
from marquee.tables.interactions import FloatArray, IntArray, Interactions

Columns = dict[str, NDArray[np.float64]]
_PREDICTED_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is known of each movie that could be recommended, [n_movies] rows each.

    ``genres`` uint8 [n_movies, n_genres] of 0 and 1, all 0 where there is no metadata;
    ``popularity`` the share of fitted users who met the movie; ``surprise`` its −log₂.
    """

    movie_ids: NDArray[np.str_]
    genres: NDArray[np.uint8]
    popularity: NDArray[np.float64]
    surprise: NDArray[np.float64]


def describe_catalogue(fitted: Interactions, genres: NDArray[np.uint8]) -> Catalogue:
    """Describe the movies of the interactions that a model was fitted on."""
    counts = np.bincount(fitted.movie_idx, minlength=len(fitted.movie_ids))
    distinct, which = np.unique(counts, return_inverse=True)
    n_users = len(fitted.user_ids)
    return Catalogue(
        movie_ids=fitted.movie_ids,
        genres=genres,
        popularity=counts / n_users,
        surprise=(log2([n_users]) - log2(distinct))[which],
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answered: ``ranked`` int32 [n_users, k], positions in its catalogue, best
    first, -1 where none is left; ``predicted`` float32 [n_rows] in stars, None where it has none.
    """

    ranked: IntArray
    predicted: FloatArray | None
    recommend_s: float


def ask(model: Recommender, truth: Truth, fitted: Interactions, n: int) -> Answers:
    """Ask a model for ``n`` movies for every test user, and for every test row's rating."""
    # The first call compiles kernels, which is no cost of a recommendation.
    model.recommend_many(truth.tested.user_ids[:1], n, exclude=fitted)
    begin = time.perf_counter()
    ranked = model.recommend_many(truth.tested.user_ids, n, exclude=fitted)
    seconds = time.perf_counter() - begin
    return Answers(np.asarray(ranked), _predict(model, truth.tested), seconds)


def _predict(model: Recommender, tested: Interactions) -> FloatArray | None:
    blocks = []
    for begin in range(0, len(tested), _PREDICTED_AT_ONCE):
        rows = slice(begin, begin + _PREDICTED_AT_ONCE)
        user_ids = tested.user_ids[tested.user_idx[rows]]
        block = model.predict(user_ids, tested.movie_ids[tested.movie_idx[rows]])
        if block is None:
            return None
        blocks.append(np.asarray(block))
    return np.concatenate(blocks)


def score(
    answers: Answers, truth: Truth, rows: BoolArray, catalogue: Catalogue, cutoffs: Sequence[int]
) -> Columns:
    """Return every per-user metric of a slice's rows, each [n_users], NaN where it has no meaning.

    ``ratings``, ``squared_error_sum`` and ``absolute_error_sum`` are there when the model predicts.
    """
    return (
        ranking_columns(answers, truth, rows, cutoffs)
        | _rating_columns(answers, truth, rows)
        | _list_columns(answers.ranked, catalogue, cutoffs)
    )


def _rating_columns(answers: Answers, truth: Truth, rows: BoolArray) -> Columns:
    if answers.predicted is None:
        return {}
    tested = truth.tested
    errors = sum_errors(
        tested.user_idx[rows], truth.n_users, tested.rating[rows], answers.predicted[rows]
    )
    return {
        "ratings": errors.ratings,
        "squared_error_sum": errors.squared,
        "absolute_error_sum": errors.absolute,
        "rmse_per_user": rmse_per_user(errors),
        "mae_per_user": mae_per_user(errors),
    }


def ranking_columns(
    answers: Answers,
    truth: Truth,
    rows: BoolArray,
    cutoffs: Sequence[int],
    names: Sequence[str] = tuple(RANKING_METRICS),
) -> Columns:
    """Return the ranking metrics of a slice's rows at each cutoff, ``NAME_at_K``, [n_users]."""
    hits = find_hits(answers.ranked, truth.relevant_movies(rows))
    n_relevant = truth.count_relevant(rows).astype(np.int32)
    return {
        f"{name}_at_{k}": RANKING_METRICS[name](hits, n_relevant, k)
        for k in cutoffs
        for name in names
    }


def _list_columns(ranked: IntArray, catalogue: Catalogue, cutoffs: Sequence[int]) -> Columns:
    columns: Columns = {}
    for k in cutoffs:
        top = ranked[:, :k]
        columns[f"average_popularity_at_{k}"] = average_over_list(top, catalogue.popularity)
        columns[f"novelty_at_{k}"] = average_over_list(top, catalogue.surprise)
        columns[f"diversity_at_{k}"] = diversity(top, catalogue.genres)
    return columns


def take(columns: Mapping[str, NDArray[np.float64]], users: IntArray) -> Columns:
    """Return the rows of some users."""
    return {name: values[users] for name, values in columns.items()}
