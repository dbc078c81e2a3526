"""What parameters are made of: bounded numbers, and a frozen model that knows its keys."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _expect_hundredths(stars: float) -> float:
    if round(stars, 2) != stars:
        raise ValueError("expected at most two decimals")
    return stars


Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Stars = Annotated[float, Field(ge=0, lt=100), AfterValidator(_expect_hundredths)]
"""What a log can spell: two digits, two decimals."""


class StrictModel(BaseModel):
    """Values of the right type, under keys that exist, that never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
