import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marquee.simulation.draws import Stream, normals, pick, uniforms

IDS = np.arange(1, 200_001)


@given(st.permutations(list(range(20))), st.integers(0, 2**32 - 1))
def test_a_draw_does_not_depend_on_the_order_of_entities(order: list[int], seed: int) -> None:
    straight = uniforms(seed, Stream.TASTE, np.arange(20), 3)
    shuffled = uniforms(seed, Stream.TASTE, np.array(order), 3)
    assert np.array_equal(straight[order], shuffled)


def test_a_draw_does_not_depend_on_what_is_drawn_with_it() -> None:
    grid = uniforms(1, Stream.CHOICE, IDS[:50, None], np.arange(9)[None, :])
    assert grid[17, 4] == uniforms(1, Stream.CHOICE, IDS[17], 4)[0]


def test_uniform_draws_are_uniform_and_never_0_or_1() -> None:
    draws = uniforms(1, Stream.AGE, IDS)
    counts = np.histogram(draws, bins=100, range=(0, 1))[0]
    assert draws.min() > 0
    assert draws.max() < 1
    assert ((counts - 2_000) ** 2 / 2_000).sum() < 150  # chi-square, 99 degrees of freedom


def test_normal_draws_have_mean_0_and_deviation_1() -> None:
    draws = normals(1, Stream.AGE, IDS)
    assert abs(draws.mean()) < 0.01
    assert abs(draws.std() - 1) < 0.01


def test_neighbours_streams_seeds_and_counters_are_uncorrelated() -> None:
    base = uniforms(1, Stream.AGE, IDS)
    others = (
        uniforms(1, Stream.AGE, IDS + 1),
        uniforms(1, Stream.GENDER, IDS),
        uniforms(2, Stream.AGE, IDS),
        uniforms(1, Stream.AGE, IDS, 1),
    )
    assert all(abs(np.corrcoef(base, other)[0, 1]) < 0.01 for other in others)


def test_pick_follows_the_shares() -> None:
    chosen = pick(np.array([0.2, 0.5, 1.0]), uniforms(1, Stream.AGE, IDS))
    np.testing.assert_allclose(np.bincount(chosen) / len(IDS), [0.2, 0.3, 0.5], atol=0.01)
