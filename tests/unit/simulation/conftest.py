"""Small platforms to look at."""

from collections.abc import Callable
from typing import Any

import pytest

from marquee.events import RatingScale
from marquee.params import SimulatorParams
from marquee.simulation import Platform

MakeParams = Callable[..., SimulatorParams]
SMALL = {"users": 300, "movies": 200, "lines": 60_000, "days": 12, "seed": 7}


@pytest.fixture(scope="session")
def make_params() -> MakeParams:
    """Parameters of a small platform without faults, but for what is given."""

    def make(**choices: Any) -> SimulatorParams:
        fields = {"start": "2025-01-01", "fault_rate": 0.0, **SMALL, **choices}
        return SimulatorParams.model_validate(fields)

    return make


@pytest.fixture(scope="session")
def clean_log(make_params: MakeParams) -> list[bytes]:
    """The lines of the small platform, none damaged."""
    return b"".join(Platform(make_params(), RatingScale()).lines()).splitlines()
