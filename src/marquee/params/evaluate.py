"""How a model is judged, and when a change may be merged."""

from typing import Annotated, Literal

from pydantic import Field

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

    on: Literal["validation", "test"]
    cutoffs: Annotated[tuple[Count, ...], Field(min_length=1)]
    min_relevant_rating: Positive
    """A test movie is relevant at this rating or above."""
