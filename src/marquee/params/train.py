"""Which model, and its hyper-parameters."""

from typing import Annotated, Literal

from pydantic import Field

from marquee.params.fields import Count, NonNegative, Positive, Seed, StrictModel

HalfLife = Annotated[float, Field(gt=0, le=36_500)]


class PopularityParams(StrictModel):
    """Most popular first: a model, the baseline, and what users unknown to any model get."""

    count: Literal["interactions", "liked"]
    """``interactions`` count 1 each; ``liked`` ones by how much the user liked the movie."""
    half_life_days: HalfLife | None
    """An interaction counts half for every so many days before the last; null: all alike."""
    damping: NonNegative
    """Pseudo-ratings at the global mean, for the predicted rating of a movie."""


class SvdParams(StrictModel):
    """Biased matrix factorisation by stochastic gradient descent."""

    engine: Literal["numba", "surprise"]
    factors: Count
    epochs: Count
    learning_rate: Positive
    regularisation: NonNegative
    init_std: NonNegative


class UserKnnParams(StrictModel):
    """Users like this one, by cosine."""

    engine: Literal["sparse", "surprise"]
    neighbours: Count
    shrinkage: NonNegative
    """Pseudo-co-ratings that pull a similarity from few common movies to zero."""
    smoothing: Positive
    """Average users beside the neighbours: they decide where neighbours are few or silent."""
    damping: NonNegative
    """Pseudo-ratings at the mean, for the means of users and movies that ratings start from."""


class AlsParams(StrictModel):
    """Implicit-feedback matrix factorisation by alternating least squares."""

    factors: Count
    iterations: Count
    regularisation: NonNegative
    alpha: Positive
    """Confidence of one unit of feedback."""


class TrainParams(StrictModel):
    """Which model, fitted on what."""

    model: Literal["popularity", "svd", "user_knn", "als"]
    fit_on: Literal["train", "train+validation"]
    """``train`` while tuning on validation; both for the model that test judges."""
    seed: Seed
    popularity: PopularityParams
    svd: SvdParams
    user_knn: UserKnnParams
    als: AlsParams
