"""Alternating least squares on ratings and viewings."""

import numpy as np
import pytest

from marquee.models.feedback import strength
from marquee.models.registry import fit_model

from .examples import few, make_params


def test_a_users_factors_solve_its_weighted_least_squares() -> None:
    data = few()
    params = make_params("als", factors=3, iterations=60, regularisation=0.5, alpha=4)
    model = fit_model(data, params)
    movies, users = model.movie_factors.T[:, :3], model.user_factors[:, :3]
    rows = data.user_idx == 0
    preference, confidence = np.zeros(5), np.ones(5)
    preference[data.movie_idx[rows]] = 1
    confidence[data.movie_idx[rows]] += 4 * strength(data)[rows]

    # Hu, Koren and Volinsky (2008), eq. 4.
    left = movies.T @ (confidence[:, None] * movies) + 0.5 * np.eye(3)
    expected = np.linalg.solve(left, movies.T @ (confidence * preference))

    assert users[0] == pytest.approx(expected, abs=5e-3)


def test_it_predicts_no_ratings() -> None:
    assert fit_model(few(), make_params("als")).predict(np.array([1]), np.array(["x"])) is None
