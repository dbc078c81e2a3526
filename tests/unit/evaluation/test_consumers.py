import numpy as np
import pytest
from fairlearn.metrics import MetricFrame

from marquee.errors import ParameterError
from marquee.evaluation.consumers import (
    expect_metrics,
    find_gap,
    judge_requirement,
    measure_groups,
)
from marquee.evaluation.groups import Grouping, intersect
from marquee.params import FairnessParams, Params, RequirementParams

RNG = np.random.default_rng(5)


@pytest.fixture(scope="session")
def fairness(params: Params) -> FairnessParams:
    return params.fairness.model_copy(update={"min_group": 50, "suppress_below": 10})


def grouping(*sizes: int) -> Grouping:
    names = tuple("abcdefgh"[: len(sizes)])
    return Grouping("kind", names, np.repeat(np.arange(len(sizes)), sizes).astype(np.int32))


def served(*groups: tuple[float, int]) -> dict[str, np.ndarray]:
    """Users of each (mean, size), whose metric is spread around the mean."""
    return {"ndcg_at_10": np.concatenate([RNG.normal(mean, 0.2, n) for mean, n in groups])}


def requirement(budget: float) -> RequirementParams:
    return RequirementParams(attribute="gender", metric="ndcg_at_10", max_gap=budget)


def judge(columns, sizes, budget, fairness):
    groups = measure_groups(grouping(*sizes), columns, fairness)
    return judge_requirement(requirement(budget), groups, fairness.bootstrap, columns)


def test_group_means_equal_fairlearns_with_one_row_a_user(fairness) -> None:
    columns = served((0.3, 100), (0.6, 70), (0.5, 60))
    groups = measure_groups(grouping(100, 70, 60), columns, fairness)
    frame = MetricFrame(
        metrics=lambda _, values: np.mean(values),
        y_true=np.zeros(230),
        y_pred=columns["ndcg_at_10"],
        sensitive_features=np.repeat(["a", "b", "c"], [100, 70, 60]),
    )
    ours = {group.name: group.estimates["ndcg_at_10"].value for group in groups}
    assert ours == pytest.approx(frame.by_group.to_dict())
    gap = find_gap(groups, "ndcg_at_10", fairness.bootstrap)
    assert gap.value == pytest.approx(frame.difference())
    assert gap.ratio == pytest.approx(frame.ratio())


def test_a_groups_rmse_is_over_its_ratings(fairness) -> None:
    columns = {
        "ratings": np.full(60, 2.0),
        "squared_error_sum": np.arange(60.0),
        "absolute_error_sum": np.arange(60.0),
    }
    (group,) = measure_groups(grouping(60), columns, fairness)
    assert group.estimates["rmse"].value == pytest.approx((sum(range(60)) / 120) ** 0.5)


def test_users_without_a_value_do_not_count_for_it(fairness) -> None:
    values = np.concatenate([np.full(30, np.nan), np.full(50, 0.5)])
    (group,) = measure_groups(grouping(80), {"ndcg_at_10": values}, fairness)
    assert group.estimates["ndcg_at_10"].value == 0.5
    assert group.estimates["ndcg_at_10"].users == 50


def test_a_metric_that_too_few_of_a_group_have_is_not_judged(fairness) -> None:
    values = np.concatenate([np.full(31, np.nan), np.full(49, 0.5)])
    (group,) = measure_groups(grouping(80), {"ndcg_at_10": values}, fairness)
    assert not group.estimates


def test_a_small_group_says_not_enough_data_and_a_tiny_one_is_suppressed(fairness) -> None:
    groups = measure_groups(grouping(60, 49, 9), served((0, 60), (0, 49), (0, 9)), fairness)
    assert [group.status for group in groups] == ["judged", "not enough data", "suppressed"]
    assert [group.users for group in groups] == [60, None, None]
    assert not groups[1].estimates
    assert not groups[2].estimates


def test_a_count_from_which_a_suppressed_one_follows_is_hidden_too(fairness) -> None:
    groups = measure_groups(grouping(80, 60, 4), served((0, 80), (0, 60), (0, 4)), fairness)
    assert [group.users for group in groups] == [80, None, None]
    assert groups[1].status == "judged"


def test_groups_of_two_attributes_at_once_show_no_count(fairness) -> None:
    # b has 60 users, so that 56 in one of its cells would say that the other has 4.
    era = Grouping("era", ("old", "new"), np.repeat([0, 1, 0, 1], [60, 60, 56, 4]))
    both = intersect(grouping(120, 60), era)
    groups = measure_groups(both, served((0, 180)), fairness)
    assert [group.status for group in groups] == ["judged", "judged", "judged", "suppressed"]
    assert {group.users for group in groups} == {None}
    assert len(groups[0].estimates) == 1


def test_groups_without_users_are_left_out(fairness) -> None:
    groups = measure_groups(grouping(60, 0, 60), served((0, 120)), fairness)
    assert [group.name for group in groups] == ["a", "c"]


def test_the_worst_group_has_least_of_a_gain_and_most_of_an_error(fairness) -> None:
    columns = served((0.2, 60), (0.7, 60)) | {
        "ratings": np.ones(120),
        "squared_error_sum": np.repeat([1.0, 4.0], 60),
        "absolute_error_sum": np.repeat([1.0, 2.0], 60),
    }
    groups = measure_groups(grouping(60, 60), columns, fairness)
    assert find_gap(groups, "ndcg_at_10", fairness.bootstrap).worst == "a"
    assert find_gap(groups, "rmse", fairness.bootstrap).worst == "b"


def test_a_gap_that_is_surely_above_the_budget_fails(fairness) -> None:
    assert judge(served((0.1, 200), (0.6, 200)), (200, 200), 0.2, fairness).verdict == "fail"


def test_a_gap_that_is_surely_within_the_budget_passes(fairness) -> None:
    assert judge(served((0.5, 200), (0.5, 200)), (200, 200), 0.2, fairness).verdict == "pass"


def test_a_gap_whose_interval_holds_the_budget_is_inconclusive(fairness) -> None:
    columns = served((0.4, 200), (0.6, 200))
    gap = judge(columns, (200, 200), 0.2, fairness).gap
    found = judge(columns, (200, 200), gap.value, fairness)
    assert found.verdict == "inconclusive"
    assert found.reason is None


def test_a_point_estimate_above_the_budget_does_not_fail(fairness) -> None:
    columns = served((0.5, 55), (0.53, 55))
    found = judge(columns, (55, 55), 0.0, fairness)
    assert found.gap.value > 0
    assert found.verdict == "inconclusive"


def test_fewer_than_two_judged_groups_are_inconclusive_for_want_of_data(fairness) -> None:
    found = judge(served((0, 60), (1, 20)), (60, 20), 0.1, fairness)
    assert found.verdict == "inconclusive"
    assert found.reason == "fewer than two groups have enough data"
    assert found.gap is None


def test_a_requirement_on_what_the_model_does_not_do_is_not_measured(fairness) -> None:
    columns = served((0, 120))
    groups = measure_groups(grouping(60, 60), columns, fairness)
    on_rmse = requirement(0.1).model_copy(update={"metric": "rmse"})
    found = judge_requirement(on_rmse, groups, fairness.bootstrap, columns)
    assert found.verdict == "inconclusive"
    assert found.reason == "not measured: the model predicts no ratings"


def test_a_requirement_on_an_unknown_metric_is_refused_by_name() -> None:
    unknown = requirement(0.1).model_copy(update={"metric": "ndcg_at_7"})
    with pytest.raises(ParameterError, match=r"requirements.0.metric = 'ndcg_at_7'.*ndcg_at_10"):
        expect_metrics([unknown], ["ndcg_at_10"])
