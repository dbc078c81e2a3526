"""Every model there is, to be held to the same promises."""

from collections.abc import Callable

import pytest

from marquee.models.base import Recommender
from marquee.models.registry import fit_model
from marquee.params import TrainParams
from marquee.tables.interactions import Interactions

from .examples import CASES, make_params, name_case

Fit = Callable[[Interactions], Recommender]


@pytest.fixture(params=CASES, ids=name_case)
def params(request: pytest.FixtureRequest) -> TrainParams:
    """The parameters of each model and engine in turn."""
    model, choices = request.param
    return make_params(model, **choices)


@pytest.fixture
def fit(params: TrainParams) -> Fit:
    """Fit the model and engine of :func:`params`."""
    return lambda interactions: fit_model(interactions, params)
