"""How a model is judged, and when a change may be merged."""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, model_validator

from marquee.params.fields import Count, NonNegative, Seed, StrictModel

_PERCENTAGE = re.compile(r"(?:100|\d{1,2}(?:\.\d+)?)%")


def _rating_or_percentage(value: object) -> float | str:
    if isinstance(value, str) and _PERCENTAGE.fullmatch(value):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise ValueError("expected a rating, such as 4, or a share of the scale, such as '75%'")


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
    fail_on_worse: bool = True
    """Whether a change fails that is surely worse, though maybe by less than the margin."""


class GateProtocol(StrictModel):
    """What the gate reads of a base's parameters."""

    min_users: Count
    """With fewer users whom two systems answer differently the report picks no winner."""
    bootstrap: BootstrapParams
    gate: GateParams


class EvaluateParams(GateProtocol):
    """The offline protocol: full catalogue, train items masked."""

    split: Literal["validation", "test"]
    """The rows that the model is judged by."""
    cutoffs: Annotated[tuple[Count, ...], Field(min_length=1)]
    min_relevant_rating: Annotated[float | str, PlainValidator(_rating_or_percentage)]
    """A test movie is relevant at this rating or above: a share of the way from the scale's least
    rating to its greatest, such as ``75%``, or a rating."""

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, values: object) -> object:
        if isinstance(values, Mapping) and "on" in values:
            raise ValueError("the key `on` is now called `split`")
        return values
