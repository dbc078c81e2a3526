import math

import numpy as np
import pytest

from marquee.errors import ParameterError
from marquee.evaluation.comparison import Comparison
from marquee.evaluation.offline import Evaluation, evaluate_offline
from marquee.evaluation.trial import Trial
from marquee.params import EvaluateParams


@pytest.fixture
def evaluation(trial: Trial, evaluate_params: EvaluateParams) -> Evaluation:
    return evaluate_offline(trial, evaluate_params)


def rows(evaluation: Evaluation, name: str) -> dict[str, Comparison]:
    return {row.metric: row for row in evaluation.slices[name].comparisons}


def test_a_model_that_knows_what_users_like_is_better_than_popularity(evaluation) -> None:
    found = rows(evaluation, "warm")["ndcg_at_2"]
    assert found.model.value == 1
    assert found.verdict == "better"


def test_popularity_ranks_what_its_user_has_not_met(evaluation, trial: Trial) -> None:
    popularity = evaluation.answers["popularity"].ranked
    met = trial.catalogue.movie_ids[popularity[0, :2]]
    assert met.tolist() == ["c", "d"]


def test_a_slice_counts_its_own_users_and_rows(evaluation) -> None:
    warm = evaluation.slices["warm"]
    assert (warm.users, warm.rows, warm.relevant_users) == (60, 76, 60)
    assert evaluation.slices["cold_user"].users == 1
    assert evaluation.slices["cold_movie"].rows == 2


def test_a_movie_that_nobody_met_counts_as_missed(evaluation) -> None:
    assert rows(evaluation, "cold_movie")["recall_at_4"].model.value == 0
    assert rows(evaluation, "all")["hit_rate_at_4"].model.value == pytest.approx(61 / 62)


def test_errors_are_over_every_rated_row_met_before_or_not(evaluation) -> None:
    squares = 60 * 1 + 5 * 1 + 10 * 4
    assert rows(evaluation, "warm")["rmse"].model.value == pytest.approx(math.sqrt(squares / 75))


def test_the_constant_is_the_mean_of_what_was_fitted_on(evaluation) -> None:
    mean = (60 * 4 + 30 * 2 + 4 * 3) / 94
    errors = np.array([5 - mean] * 65 + [2 - mean] * 10)
    constant = evaluation.slices["warm"].constant
    assert constant["rmse"] == pytest.approx(math.sqrt((errors**2).mean()))
    assert constant["mae"] == pytest.approx(np.abs(errors).mean())


def test_fewer_users_than_asked_for_are_inconclusive(trial, evaluate_params) -> None:
    many = evaluate_params.model_copy(update={"min_users": 61})
    verdicts = {row.verdict for row in evaluate_offline(trial, many).slices["warm"].comparisons}
    assert verdicts == {"inconclusive", None}


def test_users_who_got_the_same_from_both_are_no_evidence(trial, evaluate_params) -> None:
    popularity = trial.systems["popularity"]
    same = popularity.recommend_many(trial.truth.tested.user_ids, 4, exclude=trial.fitted)
    lists = {
        int(user): [str(trial.catalogue.movie_ids[movie]) for movie in row if movie >= 0]
        for user, row in zip(trial.truth.tested.user_ids, same, strict=True)
    }
    different = {user: ["d"] for user in range(1, 60, 2)}
    trial.systems["model"].lists = lists | different
    found = rows(evaluate_offline(trial, evaluate_params), "warm")["ndcg_at_2"]
    assert found.verdict == "better"
    more = evaluate_params.model_copy(update={"min_users": 31})
    found = rows(evaluate_offline(trial, more), "warm")["ndcg_at_2"]
    assert found.difference.users == 60
    assert found.verdict == "inconclusive"


def test_a_metric_without_a_better_direction_has_no_verdict(evaluation) -> None:
    found = rows(evaluation, "warm")
    for name in ("coverage_at_2", "gini_at_2", "novelty_at_2", "average_popularity_at_2"):
        assert found[name].verdict is None
        assert found[name].difference is not None


def test_every_interval_holds_its_own_number(evaluation) -> None:
    for row in rows(evaluation, "all").values():
        for found in (row.model, row.popularity):
            interval = found.interval(0.95)
            if not math.isnan(found.value):
                assert interval.low - 1e-12 <= found.value <= interval.high + 1e-12


def test_popularity_compared_with_itself_is_inconclusive(trial, evaluate_params) -> None:
    trial.systems["model"] = trial.systems["popularity"]
    found = evaluate_offline(trial, evaluate_params).slices["warm"].comparisons
    assert {row.verdict for row in found} == {"inconclusive", None}
    assert all(row.difference.value == 0 for row in found if not math.isnan(row.model.value))


def test_a_model_without_predictions_has_no_errors_beside_popularitys(
    trial, evaluate_params
) -> None:
    trial.systems["model"].stars = None
    found = rows(evaluate_offline(trial, evaluate_params), "warm")["rmse"]
    assert found.model is None
    assert found.difference is None
    assert found.popularity.value > 0


def test_the_same_trial_gives_the_same_numbers(trial, evaluate_params, evaluation) -> None:
    again = evaluate_offline(trial, evaluate_params)
    for one, other in zip(
        evaluation.slices["warm"].comparisons, again.slices["warm"].comparisons, strict=True
    ):
        assert np.array_equal(one.model.resampled, other.model.resampled, equal_nan=True)


def test_resamples_that_cannot_tell_the_metrics_apart_are_refused(
    trial, evaluate_params, evaluation
) -> None:
    judged = sum(row.verdict is not None for row in rows(evaluation, "warm").values())
    few = evaluate_params.bootstrap.model_copy(update={"resamples": 100})
    least = math.ceil(2 * judged / (1 - few.confidence))
    with pytest.raises(
        ParameterError, match=rf"resamples = 100: expected at least {least} .* {judged} metr"
    ):
        evaluate_offline(trial, evaluate_params.model_copy(update={"bootstrap": few}))
