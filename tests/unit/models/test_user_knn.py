"""Users like this one."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from surprise import KNNBasic

from marquee.models.feedback import strength
from marquee.models.ratings import damped_means, rated
from marquee.models.registry import fit_model
from marquee.models.trainset import to_trainset
from marquee.tables.interactions import Interactions

from .examples import NONE, few, interactions, low_rank, make_params


def dense_scores(
    data: Interactions, *, neighbours: int, shrinkage: float, smoothing: float
) -> np.ndarray:
    """Score every movie for every user by the definition, with whole matrices."""
    shape = len(data.user_ids), len(data.movie_ids)
    vectors = csr_matrix((strength(data), (data.user_idx, data.movie_idx)), shape=shape).toarray()
    common = ((vectors > 0) @ (vectors > 0).T.astype(int)).astype(float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T * common / (common + shrinkage)
    np.fill_diagonal(similarity, 0)
    for row in similarity:
        row[np.argsort(-row, kind="stable")[neighbours:]] = 0
    return similarity @ vectors + smoothing * vectors.mean(0)


@pytest.mark.parametrize("data", [low_rank(), few()], ids=["dense", "few"])
@pytest.mark.parametrize("neighbours", [1, 3, 500])
def test_lists_are_those_of_the_definition(data: Interactions, neighbours: int) -> None:
    choices = {"neighbours": neighbours, "shrinkage": 3, "smoothing": 0.7}
    model = fit_model(data, make_params("user_knn", **choices))
    scores = dense_scores(data, **choices)

    best = model.recommend_many(data.user_ids, len(data.movie_ids))

    ranked = np.take_along_axis(scores, best, axis=1)
    assert (np.diff(ranked, axis=1) < 1e-5).all()


def test_equal_movies_come_by_id() -> None:
    same = [(user, f"{movie}+1999", 4) for user in (1, 2, 3) for movie in "cab"]

    model = fit_model(interactions([*same, (4, "c+1999", 4)]), make_params("user_knn"))

    assert model.recommend(4, 3, ["c+1999"]) == ["a+1999", "b+1999"]


def test_a_rating_is_predicted_from_the_means_and_the_nearest_who_rated_the_movie() -> None:
    data = low_rank()
    model = fit_model(data, make_params("user_knn", neighbours=3, shrinkage=0, smoothing=0.5))
    user, movie = 10, 20
    means = damped_means(data, 5)
    shape = len(data.user_ids), len(data.movie_ids)
    vectors = csr_matrix((strength(data), (data.user_idx, data.movie_idx)), shape=shape).toarray()
    cosine = (
        vectors @ vectors[user] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[user])
    )
    stars = csr_matrix((data.rating, (data.user_idx, data.movie_idx)), shape=shape).toarray()[
        :, movie
    ]
    raters = [other for other in np.argsort(-cosine) if stars[other] > 0 and other != user][:3]
    expected = means.overall + means.movie[movie] + means.user
    above = sum(cosine[other] * (stars[other] - expected[other]) for other in raters)

    (found,) = model.predict(data.user_ids[[user]], data.movie_ids[[movie]])

    assert found == pytest.approx(expected[user] + above / (cosine[raters].sum() + 0.5), abs=1e-5)


def test_who_only_watched_has_neighbours_too() -> None:
    data = interactions(
        [
            (user, f"{movie}+1999", NONE, 60)
            for user, met in ((1, "ab"), (2, "abc"), (3, "de"), (4, "de"))
            for movie in met
        ]
    )

    model = fit_model(data, make_params("user_knn"))

    assert model.recommend(1, 1, ["a+1999", "b+1999"]) == ["c+1999"]


def test_a_movie_that_nobody_liked_is_met_by_no_recommendation_before_others() -> None:
    liked = [(user, "good+1999", 5) for user in range(2, 9)]
    disliked = [(user, "bad+1999", 1) for user in range(2, 9)]
    known = [(user, "known+1999", 4) for user in range(1, 9)]

    model = fit_model(interactions([*liked, *disliked, *known]), make_params("user_knn"))

    assert model.recommend(1, 2, ["known+1999"]) == ["good+1999", "bad+1999"]


def test_the_engine_surprise_takes_over_the_similarities_of_its_library() -> None:
    data = low_rank(30, 20)
    trainset = to_trainset(rated(data), 30, 20)
    theirs = KNNBasic(sim_options={"name": "cosine", "user_based": True}, verbose=False).fit(
        trainset
    )

    model = fit_model(data, make_params("user_knn", engine="surprise"))

    assert model.similarity == pytest.approx(theirs.sim)
    assert fit_model(data, make_params("user_knn")).similarity.size == 0
