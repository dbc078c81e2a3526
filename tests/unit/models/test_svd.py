"""Biased matrix factorisation: two engines, one model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surprise import SVD

from marquee.errors import ModelError
from marquee.models.descent import share_out
from marquee.models.kernels.sgd import Factors, descend
from marquee.models.ratings import Ratings, rated
from marquee.models.registry import fit_model
from marquee.models.trainset import to_trainset

from .examples import NONE, interactions, low_rank, make_params, split


def test_from_the_same_start_the_kernel_goes_where_surprise_goes() -> None:
    data = low_rank()
    ratings, shape = rated(data), (len(data.user_ids), len(data.movie_ids))
    options = {"n_factors": 8, "lr_all": 0.01, "reg_all": 0.05, "random_state": 4}
    start = SVD(n_epochs=0, **options).fit(to_trainset(ratings, *shape))
    end = SVD(n_epochs=10, **options).fit(to_trainset(ratings, *shape))
    ours = Factors(*(getattr(start, name).astype(np.float32) for name in ("pu", "qi", "bu", "bi")))

    mean = np.float32(ratings.stars.mean(dtype=np.float64))
    for _ in range(10):
        descend(ratings, ours, mean, np.float32(0.01), np.float32(1 - 0.01 * 0.05))

    for name, found in zip(("pu", "qi", "bu", "bi"), ours, strict=True):
        assert found == pytest.approx(getattr(end, name), abs=2e-5)


@pytest.mark.parametrize("blocks", [1, 4])
def test_the_engines_are_as_good_as_each_other(
    blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee.models.descent._RATINGS_OF_ONE_BLOCK", 0 if blocks > 1 else 10**9)
    train, test = split(low_rank(600, 300, share=0.3))
    pairs = test.user_ids[test.user_idx], test.movie_ids[test.movie_idx]
    rmse = {
        engine: np.sqrt(
            np.mean(
                (fit_model(train, make_params("svd", engine=engine)).predict(*pairs) - test.rating)
                ** 2
            )
        )
        for engine in ("numba", "surprise")
    }

    assert rmse["numba"] == pytest.approx(rmse["surprise"], abs=0.005)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), min_size=1, unique=True),
    st.integers(1, 5),
)
def test_blocks_share_out_all_ratings_and_those_side_by_side_share_nothing(
    pairs: list[tuple[int, int]], n: int
) -> None:
    users, movies = np.array(pairs, np.int32).T
    stars = np.arange(len(pairs), dtype=np.float32)

    rounds = share_out(Ratings(users, movies, stars), 10, 7, n)

    assert [len(blocks) for blocks in rounds] == [n] * n
    assert sorted(np.concatenate([block.stars for blocks in rounds for block in blocks])) == list(
        stars
    )
    for blocks in rounds:
        for side in ("users", "movies"):
            met = [set(getattr(block, side).tolist()) for block in blocks]
            assert sum(map(len, met)) == len(set().union(*met))


def test_movies_without_ratings_count_as_average_and_users_without_as_unknown() -> None:
    data = interactions(
        [(1, "a+1999", 5), (1, "b+1999", NONE, 9), (2, "a+1999", 2), (3, "b+1999", NONE, 9)]
    )
    model = fit_model(data, make_params("svd"))

    of_one, of_three, of_nobody = model.predict(
        np.array([1, 3, 404]), np.array(["b+1999", "b+1999", "b+1999"])
    )

    assert model.user_ids.tolist() == [1, 2]
    assert of_one == pytest.approx(model.mean + model.user_bias[0])
    assert of_three == of_nobody == pytest.approx(3.5)


def test_predictions_stay_within_the_stars_that_were_given() -> None:
    model = fit_model(low_rank(), make_params("svd", epochs=200, learning_rate=0.05))
    every = (
        np.repeat(model.user_ids, len(model.movie_ids)),
        np.tile(model.movie_ids, len(model.user_ids)),
    )

    stars = model.predict(*every)

    assert stars.min() == model.lowest
    assert stars.max() == model.highest


def test_the_list_is_that_of_the_predictions() -> None:
    data = low_rank()
    model = fit_model(data, make_params("svd"))

    best = model.recommend(5, 80)

    stars = model.predict(np.full(80, 5), np.array(best))
    assert (np.diff(stars) < 1e-5).all()


def test_a_step_too_long_is_an_error() -> None:
    with pytest.raises(ModelError, match="svd: diverged at learning_rate 9; a smaller one would"):
        fit_model(low_rank(), make_params("svd", learning_rate=9))
