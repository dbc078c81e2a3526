"""The kernels that every model ranks with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numba import njit
from numpy.typing import NDArray

from marquee.models.kernels.lanes import LANES, dot, padded
from marquee.models.kernels.ranking import LeftOut, Scorer, rank_factors, rank_popular, top

NOBODY = LeftOut(np.array([-1], np.int32), np.zeros(1, np.int64), np.zeros(0, np.int32))
FEW_VALUES = st.sampled_from([-2.5, -1.0, 0.0, 0.5, 3.0])


@given(
    arrays.arrays(np.float32, st.integers(1, 60), elements=FEW_VALUES),
    st.integers(0, 70),
    st.sets(st.integers(0, 59)),
)
def test_the_top_is_that_of_a_stable_sort(
    scores: NDArray[np.float32], n: int, left_out: set[int]
) -> None:
    movies = np.array([movie for movie in left_out if movie < len(scores)], np.int32)
    rest = np.setdiff1d(np.arange(len(scores)), movies)
    expected = rest[np.argsort(-scores[rest], kind="stable")][:n]
    best = np.empty(n, np.int32)

    top(scores, LeftOut(np.zeros(1, np.int32), np.array([0, len(movies)]), movies), 0, best)

    assert list(best) == [*expected, *[-1] * (n - len(expected))]


def test_scores_of_factors_are_those_of_a_product_of_matrices() -> None:
    rng = np.random.default_rng(2)
    users = rng.normal(size=(37, 24)).astype(np.float32)
    movies = rng.normal(size=(24, 2500)).astype(np.float32)
    bias = rng.normal(size=2500).astype(np.float32)
    asked = np.array([5, -1, *range(37), 36], np.int32)
    popularity = rng.permutation(2500).astype(np.int32)
    start = np.array([0, 3, 3])
    left_out = LeftOut(np.full(40, -1, np.int32), start, np.array([7, -1, 9], np.int32))
    left_out.row[[0, 1, 2]] = 0, 0, 1
    best = np.empty((40, 50), np.int32)

    rank_factors(asked, Scorer(users, movies, bias, popularity), left_out, best)

    scores = np.vstack([users @ movies + bias, popularity])[asked]
    scores[:2, [7, 9]] = -np.inf
    expected = -np.sort(-scores, axis=1)[:, :50]
    assert np.take_along_axis(scores, best, axis=1) == pytest.approx(expected, abs=1e-5)


def test_more_rows_than_movies_end_with_minus_one() -> None:
    best = np.empty((1, 4), np.int32)

    rank_popular(np.array([3, 9, 3], np.int32), NOBODY, best)

    assert best.tolist() == [[1, 0, 2, -1]]


@njit
def product(a: NDArray[np.float32], b: NDArray[np.float32]) -> np.float32:
    return dot(a, b)


@given(st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_a_dot_product_adds_in_the_order_that_is_written_down(blocks: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, blocks * LANES)).astype(np.float32)
    lanes = np.zeros(LANES, np.float32)
    for row in (a * b).reshape(blocks, LANES):
        lanes = lanes + row
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]

    assert product(a, b) == lanes[0]


def test_padding_goes_to_whole_lanes() -> None:
    assert [padded(length) for length in (1, 8, 9, 100)] == [8, 8, 16, 104]
