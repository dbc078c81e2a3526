"""How well ranked lists agree with what users liked, one number a user.

Every metric takes ``hits`` bool [n_users, length], whether the movie at each rank is relevant;
``n_relevant`` int [n_users], how many relevant movies there are in all; and ``k`` ≤ length, the
cutoff. Each returns float64 [n_users] in [0, 1], NaN for a user without a relevant movie: such a
user has no truth to agree with. A list shorter than ``k`` (padded with -1) has misses at its end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.metrics.logarithm import log2

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RelevantMovies:
    """The movies that each user liked, as compressed rows.

    User i liked the positions ``movie_idx[indptr[i]:indptr[i + 1]]``; ``indptr`` int64
    [n_users + 1] starts at 0 and never falls.
    """

    indptr: NDArray[np.int64]
    movie_idx: IntArray

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many movies each user liked, [n_users]."""
        return np.diff(self.indptr)


def find_hits(ranked: IntArray, relevant: RelevantMovies) -> BoolArray:
    """Return whether each recommended movie is one its user liked, [n_users, length].

    ``ranked`` [n_users, length] holds movie positions, best first; -1, where a list has ended, is
    never a hit.
    """
    width = 1 + max(int(ranked.max(initial=0)), int(relevant.movie_idx.max(initial=0)))
    row = np.repeat(np.arange(len(ranked), dtype=np.int64), relevant.counts)
    liked = row * width + relevant.movie_idx
    listed = np.arange(len(ranked), dtype=np.int64)[:, None] * width + ranked
    return np.isin(listed, liked) & (ranked >= 0)


def precision(hits: BoolArray, n_relevant: IntArray, k: int) -> FloatArray:
    """Return the share of the first ``k`` places that are hits; divides by ``k`` always."""
    return _of_liked(hits[:, :k].sum(axis=1) / k, n_relevant)


def recall(hits: BoolArray, n_relevant: IntArray, k: int) -> FloatArray:
    """Return hits in the first ``k`` over the number of relevant movies.

    Manning, Raghavan & Schütze, Introduction to Information Retrieval, 2008, section 8.3. A user
    with more than ``k`` relevant movies cannot reach 1.
    """
    return _of_liked(hits[:, :k].sum(axis=1) / np.maximum(n_relevant, 1), n_relevant)


def ndcg(hits: BoolArray, n_relevant: IntArray, k: int) -> FloatArray:
    """Return normalised discounted cumulative gain: gain 0 or 1, discount 1 / log₂(rank + 1).

    Järvelin & Kekäläinen, ACM TOIS 20, 2002. The ideal list has min(k, relevant) hits on top.
    """
    discount = np.reciprocal(log2(range(2, k + 2)))
    gained = np.cumsum(hits[:, :k] * discount[: hits.shape[1]], axis=1)[:, -1]
    return _of_liked(gained / np.cumsum(discount)[_reachable(n_relevant, k) - 1], n_relevant)


def average_precision(hits: BoolArray, n_relevant: IntArray, k: int) -> FloatArray:
    """Return the precision at each hit's rank, summed, over min(k, relevant).

    Its mean over users is MAP@k.
    """
    top = hits[:, :k]
    precisions = np.cumsum(top, axis=1) / np.arange(1, top.shape[1] + 1)
    summed = np.cumsum(precisions * top, axis=1)[:, -1]
    return _of_liked(summed / _reachable(n_relevant, k), n_relevant)


def hit_rate(hits: BoolArray, n_relevant: IntArray, k: int) -> FloatArray:
    """Return 1 where the first ``k`` have a hit, else 0."""
    return _of_liked(hits[:, :k].any(axis=1).astype(np.float64), n_relevant)


def reciprocal_rank(hits: BoolArray, n_relevant: IntArray, k: int) -> FloatArray:
    """Return 1 / rank of the first hit in the first ``k``, 0 without one; its mean is MRR@k."""
    top = hits[:, :k]
    return _of_liked(top.any(axis=1) / (top.argmax(axis=1) + 1), n_relevant)


RANKING_METRICS: dict[str, Callable[[BoolArray, IntArray, int], FloatArray]] = {
    "ndcg": ndcg,
    "precision": precision,
    "recall": recall,
    "map": average_precision,
    "hit_rate": hit_rate,
    "mrr": reciprocal_rank,
}
"""Each metric by the name that reports give it, ``NAME_at_K``; more is better in all of them."""


def _reachable(n_relevant: IntArray, k: int) -> IntArray:
    return np.clip(n_relevant, 1, k)


def _of_liked(values: ArrayLike, n_relevant: IntArray) -> FloatArray:
    return np.asarray(np.where(n_relevant > 0, values, np.nan))
