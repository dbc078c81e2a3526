"""What a score is made of, against a computation by brute force."""

import numpy as np
import pytest

from marquee.models.histories import Histories
from marquee.models.reasons import Reason
from marquee.models.registry import fit_model

from .conftest import Fit
from .examples import few, interactions, low_rank, make_params

DATA = low_rank(40, 30, share=0.3)
HISTORIES = Histories.of(DATA)
PAIRS = [(int(user), movie) for user in DATA.user_ids[::7] for movie in range(0, 30, 4)]


def values(reasons: list[Reason], *kinds: str) -> float:
    return sum(reason.value for reason in reasons if reason.kind in kinds)


def by_movie(reasons: list[Reason], kind: str) -> dict[int, float]:
    return {reason.movie: reason.value for reason in reasons if reason.kind == kind}


def score(model: object, user: int, movie: int) -> float:
    return float(model.score(np.array([user]), np.array([[movie]], np.int32))[0, 0])


def test_an_unknown_user_is_told_how_many_met_the_movie(fit: Fit) -> None:
    data = few()
    model = fit(data)

    reasons = model.reasons(404, 0, Histories.of(data))

    assert reasons == [Reason("popularity", 3, users=3)]
    assert score(model, 404, 0) == 3


def test_popularity_tells_everyone_the_same() -> None:
    model = fit_model(few(), make_params("popularity"))

    assert model.reasons(1, 4, Histories.of(few())) == [Reason("popularity", 1, users=1)]


@pytest.mark.parametrize("engine", ["sparse", "surprise"])
def test_neighbours_and_the_movies_they_share_make_up_the_score_of_user_knn(engine: str) -> None:
    model = fit_model(DATA, make_params("user_knn", engine=engine))

    for user, movie in PAIRS:
        reasons = model.reasons(user, movie, HISTORIES)
        votes = values(reasons, "neighbours")
        assert votes + values(reasons, "average") == pytest.approx(score(model, user, movie))
        assert values(reasons, "history") == pytest.approx(votes, abs=1e-5)
        assert by_movie(reasons, "history").keys() <= set(HISTORIES[user].tolist())


def test_user_knn_counts_the_nearest_who_met_the_movie_and_divides_their_votes() -> None:
    model = fit_model(DATA, make_params("user_knn"))
    liked = np.zeros((40, 30))
    liked[DATA.user_idx, DATA.movie_idx] = model.strength
    unit = liked / np.linalg.norm(liked, axis=1, keepdims=True)
    common = (liked > 0).astype(float) @ (liked > 0).T
    similarity = unit @ unit.T * common / (common + 1)
    np.fill_diagonal(similarity, 0)

    for user, movie in PAIRS:
        at = user - 1
        nearest = np.argsort(-similarity[at], kind="stable")[:20]
        expected = np.zeros(30)
        for other in nearest:
            shrunk = common[at, other] / (common[at, other] + 1)
            expected += unit[at] * unit[other] * shrunk * liked[other, movie]
        reasons = model.reasons(user, movie, HISTORIES)
        found = by_movie(reasons, "history")

        assert reasons[0].users == np.count_nonzero(liked[nearest, movie])
        assert found == pytest.approx(
            {movie: share for movie, share in enumerate(expected) if share}, rel=1e-4
        )
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_the_history_and_a_rest_make_up_the_score_of_als() -> None:
    model = fit_model(DATA, make_params("als"))

    for user, movie in PAIRS:
        reasons = model.reasons(user, movie, HISTORIES)
        assert values(reasons, "history", "rest") == pytest.approx(score(model, user, movie))


def test_the_history_of_als_adds_up_to_the_score_of_factors_that_solve_its_equations() -> None:
    model = fit_model(DATA, make_params("als"))
    movies = model.movie_factors[:8].T.astype(np.float64)

    for user, movie in PAIRS:
        at = user - 1
        rows = DATA.user_idx == at
        confidence = np.ones(30)
        confidence[DATA.movie_idx[rows]] += 10 * model.strength[rows]
        met = np.zeros(30)
        met[DATA.movie_idx[rows]] = 1
        gram = movies.T @ np.diag(confidence) @ movies + np.eye(8)
        factors = np.linalg.solve(gram, movies.T @ np.diag(confidence) @ met)
        reasons = model.reasons(user, movie, HISTORIES)

        assert values(reasons, "history") == pytest.approx(factors @ movies[movie])
        assert abs(values(reasons, "rest")) < 0.05


def test_mean_biases_and_taste_make_up_the_expected_rating_of_svd() -> None:
    model = fit_model(DATA, make_params("svd"))

    for user, movie in PAIRS:
        reasons = model.reasons(user, movie, HISTORIES)
        expected = values(reasons, "mean", "user", "movie", "taste")
        stars = model.predict(np.array([user]), model.movie_ids[[movie]])[0]
        assert np.clip(expected, model.lowest, model.highest) == pytest.approx(stars, abs=1e-5)
        assert values(reasons, "movie", "taste") == pytest.approx(score(model, user, movie))


def test_svd_names_the_nearest_movies_by_the_cosine_of_factors() -> None:
    model = fit_model(DATA, make_params("svd"))
    factors = model.movie_factors.T.astype(np.float64)

    for user, movie in PAIRS:
        found = by_movie(model.reasons(user, movie, HISTORIES), "similar")
        assert found.keys() == set(HISTORIES[user].tolist())
        for other, cosine in found.items():
            lengths = np.linalg.norm(factors[other]) * np.linalg.norm(factors[movie])
            assert cosine == pytest.approx(factors[other] @ factors[movie] / lengths, abs=1e-5)


def test_a_movie_without_ratings_is_like_no_other_to_svd() -> None:
    data = interactions([(1, "a+1", 4), (1, "b+1", float("nan"), 9), (2, "a+1", 3)])
    model = fit_model(data, make_params("svd"))

    assert by_movie(model.reasons(1, 1, Histories.of(data)), "similar") == {}
