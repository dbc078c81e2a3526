"""Assignment: the same everywhere, uniform, and only as changeable as the weights."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from marquee.errors import ParameterError
from marquee.experiments.assignment import assign

USERS = range(100_000)
GOLDEN = "ccctcttccccttccttctccccc"
"""By ``printf launch:0 | sha256sum``: a first digit below 8 is in the lower half, ``control``."""
weights = st.dictionaries(st.text(max_size=5), st.integers(0, 10**6), min_size=1).filter(
    lambda arms: any(arms.values())
)
user_ids = st.integers(0, 2**63 - 1)


def test_a_user_keeps_the_arm_that_sha_256_gave_on_any_platform() -> None:
    arms = {"control": 1, "treatment": 1}
    assert "".join(assign(user_id, "launch", arms)[0] for user_id in range(24)) == GOLDEN


@pytest.mark.parametrize("arms", [{"a": 1, "b": 1}, {"a": 90, "b": 9, "c": 1}, {"b": 1, "a": 3}])
def test_arms_get_users_by_their_weights(arms: dict[str, int]) -> None:
    found = [assign(user_id, "launch", arms) for user_id in USERS]
    expected = [len(USERS) * weight / sum(arms.values()) for weight in arms.values()]
    assert chisquare([found.count(name) for name in arms], expected).pvalue > 0.001


def test_two_experiments_divide_users_independently() -> None:
    arms = {"a": 1, "b": 1}
    pairs = [(assign(u, "launch", arms), assign(u, "ranking", arms)) for u in USERS]
    table = [[pairs.count((one, other)) for other in arms] for one in arms]
    assert chi2_contingency(table).pvalue > 0.001


@given(user_ids, st.text(), weights)
def test_the_arm_is_one_with_weight_whatever_the_order(
    user_id: int, experiment: str, arms: dict[str, int]
) -> None:
    found = assign(user_id, experiment, arms)
    assert arms[found] > 0
    assert found == assign(user_id, experiment, dict(reversed(arms.items())))


@given(user_ids, st.integers(1, 99), st.integers(0, 99))
def test_a_growing_arm_loses_no_user(user_id: int, weight: int, more: int) -> None:
    grown = min(weight + more, 100)
    if assign(user_id, "launch", {"old": 100 - weight, "new": weight}) == "new":
        assert assign(user_id, "launch", {"old": 100 - grown, "new": grown}) == "new"


@pytest.mark.parametrize("arms", [{}, {"a": 0}, {"a": -1, "b": 2}])
def test_arms_without_weight_are_refused(arms: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match="experiment launch: found weights"):
        assign(1, "launch", arms)
