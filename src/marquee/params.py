"""What is computed: ``params.yaml`` as types, one class a stage.

Where things run (hosts, tokens) is no business of this file: nothing here depends on the machine.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from marquee.errors import ParameterError
from marquee.events import RatingScale


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

Checked = TypeVar("Checked", bound=BaseModel)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


# ── ingest ──────────────────────────────────────────────────────────────────────────────────────


class RatingScaleParams(_Model):
    """The ratings that the platform accepts."""

    min: Stars
    max: Stars
    step: Annotated[Stars, Field(gt=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min {self.min:g} is not below max {self.max:g}")
        if self.max not in self.scale:
            raise ValueError(f"max {self.max:g} is no step of {self.step:g} above min {self.min:g}")
        return self

    @property
    def scale(self) -> RatingScale:
        """The scale as the grammar uses it."""
        return RatingScale(self.min, self.max, self.step)


class SimulatorParams(_Model):
    """The embedded source: a platform that never was."""

    seed: Seed
    users: Annotated[int, Field(ge=1, le=100_000_000)]
    """How many accounts there are; most are seldom active."""
    movies: Annotated[int, Field(ge=1, le=10_000_000)]
    lines: Count
    """About how many lines the log has."""
    start: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    """The first day, UTC."""
    days: Annotated[int, Field(ge=1, le=3650)]
    fault_rate: Share
    """Share of lines that are damaged, doubled or torn on purpose."""

    @model_validator(mode="after")
    def _on_the_calendar(self) -> Self:
        first = date.fromisoformat(self.start)
        # Sessions of the last day may end on the day after.
        if self.days + 1 > (date.max - first).days:
            raise ValueError(f"{self.days} days from {self.start} are not on the calendar")
        return self


class FilesParams(_Model):
    """Logs that stand in files, plain or gzip."""

    events: tuple[str, ...]
    """Files and folders; a folder gives every ``*.log`` and ``*.log.gz`` below it."""
    users: str | None
    """User metadata as JSONL or CSV, gzip or not; null when there is none."""
    movies: str | None
    """Movie metadata, likewise."""


class MovieLensParams(_Model):
    """A GroupLens data set."""

    path: str | None
    """A folder or a zip; recognised by the files in it. Null downloads ``name``."""
    name: Literal["ml-100k", "ml-1m", "ml-10m", "ml-latest-small", "ml-20m", "ml-25m", "ml-32m"]


class IngestParams(_Model):
    """Where the raw snapshot comes from."""

    source: Literal["simulator", "files", "movielens"]
    rating_scale: RatingScaleParams
    """For simulator and files; MovieLens brings its own."""
    simulator: SimulatorParams
    files: FilesParams
    movielens: MovieLensParams


# ── clean ───────────────────────────────────────────────────────────────────────────────────────


class SplitParams(_Model):
    """How interactions are shared out between train, validation and test."""

    method: Literal["temporal", "per_user", "random"]
    """temporal: two global cuts in time (the headline). per_user: each user's last share.
    random: ``folds`` folds, only to compare with published RMSE."""
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


class CleanParams(_Model):
    """From raw lines to tables."""

    max_quarantined_share: Share
    """Above it the log is of another grammar: stop, and show examples."""
    session_gap_minutes: Annotated[int, Field(ge=1, le=525_600)]
    """A longer pause between two watched minutes begins a new viewing."""
    min_ratings_per_user: Annotated[int, Field(ge=0)]
    """Rows a user needs to be kept; applied with the movies' until neither removes any."""
    min_ratings_per_movie: Annotated[int, Field(ge=0)]
    split: SplitParams


# ── train ───────────────────────────────────────────────────────────────────────────────────────


class PopularityParams(_Model):
    """Most interacted first."""

    damping: NonNegative
    """Pseudo-ratings at the global mean, for the predicted rating of a movie."""


class SvdParams(_Model):
    """Biased matrix factorisation by stochastic gradient descent."""

    engine: Literal["numba", "surprise"]
    factors: Count
    epochs: Count
    learning_rate: Positive
    regularisation: NonNegative
    init_std: NonNegative


class UserKnnParams(_Model):
    """Users like this one, by cosine."""

    engine: Literal["sparse", "surprise"]
    neighbours: Count
    shrinkage: NonNegative
    """Pseudo-co-ratings that pull a similarity from few common movies to zero."""
    smoothing: Positive
    """Average users beside the neighbours: they decide where neighbours are few or silent."""
    damping: NonNegative
    """Pseudo-ratings at the mean, for the means of users and movies that ratings start from."""


class AlsParams(_Model):
    """Implicit-feedback matrix factorisation by alternating least squares."""

    factors: Count
    iterations: Count
    regularisation: NonNegative
    alpha: Positive
    """Confidence of one unit of feedback."""


class TrainParams(_Model):
    """Which model, fitted on what."""

    model: Literal["popularity", "svd", "user_knn", "als"]
    fit_on: Literal["train", "train+validation"]
    """``train`` while tuning on validation; both for the model that test judges."""
    seed: Seed
    popularity: PopularityParams
    svd: SvdParams
    user_knn: UserKnnParams
    als: AlsParams


# ── evaluate ────────────────────────────────────────────────────────────────────────────────────


class BootstrapParams(_Model):
    """Intervals by resampling users."""

    resamples: Annotated[int, Field(ge=100, le=100_000)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    seed: Seed


class GateParams(_Model):
    """When a change may be merged."""

    metric: str
    margin: NonNegative
    """How much worse than the base the change may be, in units of the metric."""


class EvaluateParams(_Model):
    """The offline protocol: full catalogue, train items masked."""

    on: Literal["validation", "test"]
    cutoffs: Annotated[tuple[Count, ...], Field(min_length=1)]
    min_relevant_rating: Positive
    """A test movie is relevant at this rating or above."""
    min_users: Count
    """With fewer users whom two systems answer differently the report picks no winner."""
    bootstrap: BootstrapParams
    gate: GateParams


# ── fairness ────────────────────────────────────────────────────────────────────────────────────


Attribute = Literal["gender", "age_band", "occupation", "activity", "mainstreaminess"]


class RequirementParams(_Model):
    """One promise: the gap of a metric between the groups of an attribute stays in budget."""

    attribute: Attribute
    metric: str
    max_gap: NonNegative


class FairnessParams(_Model):
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


class Params(_Model):
    """The whole of ``params.yaml``."""

    ingest: IngestParams
    clean: CleanParams
    train: TrainParams
    evaluate: EvaluateParams
    fairness: FairnessParams


def load_params(path: Path) -> Params:
    """Read and check a parameter file.

    It is read as YAML 1.2, so that ``1e-05`` (which DVC writes for ``-S lr=0.00001``) is a number.
    The first wrong key or value is a :class:`ParameterError` of one line.
    """
    return parse_params(read_yaml(path), where=str(path))


def parse_params(values: object, *, where: str) -> Params:
    """Check parameters that are read already; the error begins with ``where``."""
    return check(Params, values, where=where)


def check(model: type[Checked], values: object, *, where: str) -> Checked:
    """Check values against one of these classes; what is wrong is a :class:`ParameterError`."""
    try:
        return model.model_validate(_tuples(values))
    except ValidationError as error:
        raise ParameterError(f"{where}: {_first(error)}") from None


def read_yaml(path: Path) -> Any:
    """Read a YAML 1.2 file; a missing or damaged one is a :class:`ParameterError`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParameterError(f"{path}: no such file, expected a YAML file") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path}: not YAML: {' '.join(str(error).split())}") from None


def _tuples(value: Any) -> Any:
    """Make lists tuples: what is frozen is frozen all the way down."""
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _first(error: ValidationError) -> str:
    """Say in one line what was found and expected; unknown keys first, as they explain missing."""
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    detail = details[0]
    where = ".".join(str(part) for part in detail["loc"]) or "the file"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if detail["type"] == "extra_forbidden":
        return f"{where}: unknown key"
    if detail["type"] == "missing":
        return f"{where}: missing"
    if isinstance(detail["input"], Mapping):
        return f"{where}: {message}"
    return f"{where} = {detail['input']!r}: {message.replace('should be', 'expected')}"
