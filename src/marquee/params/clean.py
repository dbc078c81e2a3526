"""How raw lines become tables and splits."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from marquee.params.fields import Seed, Share, StrictModel


class SplitParams(StrictModel):
    """How interactions are shared out between train, validation and test."""

    method: Literal["temporal", "per_user", "random", "leave_out"]
    """temporal: two global cuts in time (the headline). per_user: each user's last share.
    random: ``folds`` folds, only to compare with published RMSE. leave_out: a share of each user's
    movies, at random. Data without times have the last two."""
    validation: Annotated[float, Field(ge=0, lt=1)]
    test: Annotated[float, Field(gt=0, lt=1)]
    folds: Annotated[int, Field(ge=2, le=100)]
    fold: Annotated[int, Field(ge=0)]
    """Which fold is the test, from 0."""
    seed: Seed

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation + test leave nothing to train on")
        if self.fold >= self.folds:
            raise ValueError(f"fold {self.fold} does not exist, there are {self.folds}, from 0")
        return self


class CleanParams(StrictModel):
    """From raw lines to tables."""

    max_quarantined_share: Share
    """Above it the log is of another grammar: stop, and show examples."""
    session_gap_minutes: Annotated[int, Field(ge=1, le=525_600)]
    """A longer pause between two watched minutes begins a new viewing."""
    min_ratings_per_user: Annotated[int, Field(ge=0)]
    """Rows a user needs to be kept; applied with the movies' until neither removes any."""
    min_ratings_per_movie: Annotated[int, Field(ge=0)]
    split: SplitParams
