"""Which groups are looked at, and what is promised to them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from marquee.params.evaluate import BootstrapParams
from marquee.params.fields import Count, NonNegative, Share, StrictModel

Attribute = Literal["gender", "age_band", "occupation", "activity", "mainstreaminess"]


class RequirementParams(StrictModel):
    """One promise: the gap of a metric between the groups of an attribute stays in budget."""

    attribute: Attribute
    metric: str
    max_gap: NonNegative


class FairnessParams(StrictModel):
    """Who is served how well, and what is shown."""

    attributes: tuple[Attribute, ...]
    intersections: tuple[tuple[Attribute, Attribute], ...]
    age_bands: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Lower bounds of the bands above the first."""
    min_group: Count
    """Smaller groups say "not enough data"."""
    suppress_below: Count
    """Groups under this size are not shown at all."""
    long_tail_share: Share
    """The share of the catalogue, least popular first, that is the long tail."""
    requirements: tuple[RequirementParams, ...]
    bootstrap: BootstrapParams

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if list(self.age_bands) != sorted(set(self.age_bands)):
            raise ValueError(f"age_bands {list(self.age_bands)} do not rise")
        for requirement in self.requirements:
            if requirement.attribute not in self.attributes:
                raise ValueError(
                    f"a requirement is on {requirement.attribute}, which is not in attributes"
                )
        if self.suppress_below > self.min_group:
            raise ValueError(
                f"suppress_below {self.suppress_below} is above min_group {self.min_group}"
            )
        return self
