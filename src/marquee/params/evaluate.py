"""How a model is judged, and when a change may be merged."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from marquee.params.fields import Count, NonNegative, Positive, Seed, StrictModel


class BootstrapParams(StrictModel):
    """Intervals by resampling users."""

    resamples: Annotated[int, Field(ge=100, le=100_000)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    seed: Seed


class GateParams(StrictModel):
    """When a change may be merged."""

    metric: str
    margin: NonNegative
    """How much worse than the base the change may be, in units of the metric."""


class ChangeParams(StrictModel):
    """How a change is judged against its base."""

    min_users: Count
    """With fewer users whom two systems answer differently the report picks no winner."""
    bootstrap: BootstrapParams
    gate: GateParams


class EvaluateParams(ChangeParams):
    """The offline protocol: full catalogue, train items masked."""

    split: Literal["validation", "test"]
    """The rows that the model is judged by."""
    cutoffs: Annotated[tuple[Count, ...], Field(min_length=1)]
    min_relevant_rating: Positive
    """A test movie is relevant at this rating or above."""

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, values: object) -> object:
        if isinstance(values, Mapping) and "on" in values:
            raise ValueError("the key `on` is now called `split`")
        return values
