import math

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from marquee.errors import ModelError
from marquee.metrics.rating import mae, mae_per_user, rmse, rmse_per_user, sum_errors

USERS = np.array([0, 0, 2, 2, 2], np.int32)
GIVEN = np.array([4.0, 5.0, 1.0, 3.0, np.nan])
PREDICTED = np.array([3.0, 5.0, 3.0, 2.0, 4.0])


def test_errors_equal_their_hand_computed_values() -> None:
    errors = sum_errors(USERS, 3, GIVEN, PREDICTED)
    assert rmse(errors) == pytest.approx(math.sqrt((1 + 0 + 4 + 1) / 4))
    assert mae(errors) == pytest.approx((1 + 0 + 2 + 1) / 4)


def test_a_row_without_a_rating_counts_for_nothing() -> None:
    assert sum_errors(USERS, 3, GIVEN, PREDICTED).ratings.tolist() == [2, 0, 2]


@pytest.mark.parametrize("answer", [math.nan, math.inf, -math.inf])
def test_a_prediction_that_is_no_number_is_refused(answer: float) -> None:
    predicted = np.where(np.arange(5) == 1, answer, PREDICTED)
    with pytest.raises(ModelError, match="1 of 4 are not finite"):
        sum_errors(USERS, 3, GIVEN, predicted)


def test_what_is_predicted_where_no_rating_was_given_does_not_matter() -> None:
    predicted = np.where(np.isnan(GIVEN), math.nan, PREDICTED)
    assert sum_errors(USERS, 3, GIVEN, predicted).ratings.tolist() == [2, 0, 2]


def test_a_users_own_errors_weigh_every_user_alike() -> None:
    errors = sum_errors(USERS, 3, GIVEN, PREDICTED)
    assert rmse_per_user(errors)[[0, 2]] == pytest.approx([math.sqrt(1 / 2), math.sqrt(5 / 2)])
    assert mae_per_user(errors)[[0, 2]] == pytest.approx([0.5, 1.5])


def test_a_user_without_ratings_has_no_error() -> None:
    errors = sum_errors(USERS, 3, GIVEN, PREDICTED)
    assert math.isnan(rmse_per_user(errors)[1])
    assert math.isnan(mae_per_user(errors)[1])


def test_no_ratings_have_no_error() -> None:
    errors = sum_errors(USERS[:0], 0, GIVEN[:0], PREDICTED[:0])
    assert math.isnan(rmse(errors))
    assert math.isnan(mae(errors))


def test_errors_equal_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    given, predicted = rng.integers(1, 6, 500).astype(float), rng.uniform(1, 5, 500)
    errors = sum_errors(rng.integers(0, 20, 500).astype(np.int32), 20, given, predicted)
    assert rmse(errors) == pytest.approx(root_mean_squared_error(given, predicted))
    assert mae(errors) == pytest.approx(mean_absolute_error(given, predicted))
