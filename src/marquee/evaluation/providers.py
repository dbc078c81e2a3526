"""The provider side of fairness: which movies are shown, and whether tastes are kept."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.estimates import Estimate, estimate, estimate_exposure
from marquee.evaluation.groups import Grouping, Histories
from marquee.metrics.beyond import average_over_list, count_exposure, coverage, gini
from marquee.metrics.divergence import jensen_shannon
from marquee.metrics.interval import recentre, resample_exposure
from marquee.metrics.ratio import ratio
from marquee.models.fitted import positions
from marquee.params import BootstrapParams
from marquee.tables.interactions import IntArray, Interactions, UserIds

Array = NDArray[np.float64]


def long_tail(popularity: Array, share: float) -> NDArray[np.bool_]:
    """Return which movies are the least popular ``share`` of the catalogue, bool [n_movies].

    Equally popular movies go by their order.
    """
    tail = np.zeros(len(popularity), np.bool_)
    tail[np.argsort(popularity, kind="stable")[: int(share * len(popularity))]] = True
    return tail


def measure_exposure(
    ranked: IntArray, popularity: Array, tail: NDArray[np.bool_], bootstrap: BootstrapParams
) -> dict[str, Estimate]:
    """Estimate what the lists ``ranked`` [n_users, k] show.

    ``average_popularity`` (share of users who met a shown movie), ``long_tail_share`` (share of a
    list that is long tail), ``long_tail_coverage`` (share of the long tail shown to anyone),
    ``coverage`` and ``gini`` of the whole catalogue.
    """
    lists = {
        "average_popularity": average_over_list(ranked, popularity),
        "long_tail_share": average_over_list(ranked, tail.astype(np.float64)),
    }
    n_movies, k = len(popularity), ranked.shape[1]
    shapes = estimate_exposure(ranked, n_movies, [k], bootstrap)
    drawn = resample_exposure(ranked, n_movies, bootstrap, lambda shown: coverage(shown[:, tail]))
    point = float(coverage(count_exposure(ranked, n_movies)[tail]))
    return {
        **estimate([lists], bootstrap)[0],
        "long_tail_coverage": Estimate(point, len(ranked), np.clip(recentre(point, drawn), 0, 1)),
        "coverage": shapes[f"coverage_at_{k}"],
        "gini": shapes[f"gini_at_{k}"],
    }


def describe_histories(fitted: Interactions, tail: NDArray[np.bool_]) -> dict[str, float]:
    """Return the same figures of what users met before the test, to read exposure by."""
    counts = np.bincount(fitted.movie_idx, minlength=len(tail))
    lengths = np.bincount(fitted.user_idx, minlength=len(fitted.user_ids))
    popularity = counts / len(fitted.user_ids)
    by_user = np.bincount(fitted.user_idx, popularity[fitted.movie_idx])
    in_tail = np.bincount(fitted.user_idx, tail[fitted.movie_idx].astype(np.float64))
    return {
        "average_popularity": float(ratio(by_user, lengths).mean()),
        "long_tail_share": float(ratio(in_tail, lengths).mean()),
        "gini": float(gini(counts)),
    }


def genre_divergence(
    ranked: IntArray,
    user_ids: UserIds,
    fitted: Interactions,
    genres: NDArray[np.uint8],
) -> Array:
    """Return how far the genres of each list are from those of its user's history, [n_users].

    The Jensen-Shannon divergence in bits of the two genre distributions, where each movie shares
    one out evenly between its genres (Steck, Calibrated Recommendations, RecSys 2018, who uses
    Kullback-Leibler, which an absent genre makes infinite). 0 is calibrated. NaN where the list or
    the history has no movie with genres.
    """
    weights = np.nan_to_num(ratio(genres, genres.sum(axis=1, keepdims=True)))
    place = positions(user_ids, fitted.user_ids)[fitted.user_idx]
    user, movie = place[place >= 0], fitted.movie_idx[place >= 0]
    shown = ranked >= 0
    tastes = np.zeros((2, len(user_ids), genres.shape[1]))
    for genre, weight in enumerate(weights.T):
        tastes[0, :, genre] = np.bincount(user, weight[movie], minlength=len(user_ids))
        tastes[1, :, genre] = np.where(shown, weight[ranked], 0.0).sum(axis=1)
    return jensen_shannon(*tastes)


@dataclass(frozen=True, slots=True)
class Lift:
    """A group's popularity of history and of lists; ``lift`` is recommended / history − 1."""

    group: str
    history: Estimate
    recommended: Estimate
    lift: Estimate


def popularity_lift(
    grouping: Grouping,
    histories: Histories,
    recommended: Array,
    min_group: int,
    bootstrap: BootstrapParams,
) -> list[Lift]:
    """Return by how much the lists of each group are more popular than its histories.

    ΔGAP of Abdollahpouri et al. (RMSE at RecSys 2019): 0 keeps a group's taste for popular
    movies, above 0 pushes it to them. Groups under ``min_group`` are left out.
    """
    lifts = []
    for i, name in enumerate(grouping.names):
        members = (grouping.member == i) & ~np.isnan(recommended)
        if members.sum() >= min_group:
            columns: Mapping[str, Array] = {
                "history": histories.popularity[members],
                "recommended": recommended[members],
            }
            found = estimate([columns], bootstrap, stream=i)[0]
            lifts.append(_lift(name, found["history"], found["recommended"]))
    return lifts


def _lift(name: str, history: Estimate, recommended: Estimate) -> Lift:
    resampled = ratio(recommended.resampled, history.resampled) - 1
    value = float(ratio(recommended.value, history.value)) - 1
    return Lift(name, history, recommended, Estimate(value, history.users, resampled))
