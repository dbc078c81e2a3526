"""Where the raw snapshot comes from."""

from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, model_validator

from marquee.events import RatingScale
from marquee.params.fields import Count, Seed, Share, Stars, StrictModel


class RatingScaleParams(StrictModel):
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


class SimulatorParams(StrictModel):
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


class FilesParams(StrictModel):
    """Logs that stand in files, plain or gzip."""

    events: tuple[str, ...]
    """Files and folders; a folder gives every ``*.log`` and ``*.log.gz`` below it."""
    users: str | None
    """User metadata as JSONL or CSV, gzip or not; null when there is none."""
    movies: str | None
    """Movie metadata, likewise."""


class MovieLensParams(StrictModel):
    """A GroupLens data set."""

    path: str | None
    """A folder or a zip; recognised by the files in it. Null downloads ``name``."""
    name: Literal["ml-100k", "ml-1m", "ml-10m", "ml-latest-small", "ml-20m", "ml-25m", "ml-32m"]


Column = Annotated[int, Field(ge=1)] | Annotated[str, Field(min_length=1)] | None
"""A column by its name, or by its number from 1; null where it is recognised by its name."""


class RatingColumns(StrictModel):
    """Which column of a table of ratings says what; those that are not there are not needed."""

    user: Column
    movie: Column
    rating: Column
    timestamp: Column
    event: Column
    """Where there is one, a row without a rating is an interaction."""


class UserColumns(StrictModel):
    """Which column of a table of users says what."""

    user: Column
    age: Column
    gender: Column
    occupation: Column


class MovieColumns(StrictModel):
    """Which column of a table of movies says what."""

    movie: Column
    title: Column
    year: Column
    genres: Column
    language: Column
    runtime: Column


class UserTableParams(StrictModel):
    """What is known of the users."""

    path: str | None
    columns: UserColumns


class MovieTableParams(StrictModel):
    """What is known of the movies."""

    path: str | None
    columns: MovieColumns


class RatingsParams(StrictModel):
    """Tables of ratings or clicks, as delimited text, Parquet or JSON lines, gzip or not."""

    paths: str | tuple[str, ...] | None
    """One file or several."""
    columns: RatingColumns
    scale: RatingScaleParams | None
    """Null: from the lowest to the highest rating, by the largest step that reaches all."""
    users: UserTableParams
    movies: MovieTableParams


Bound = str | tuple[int, ...]
"""One end of a range of records: ``beginning`` or ``now``, a time, or an offset a partition."""


def _bound(value: object, word: str) -> Bound:
    """Accept the word, a time in ISO 8601 (UTC where it has no zone), or offsets from 0 on."""
    if value == word:
        return word
    if isinstance(value, str):
        with suppress(ValueError):
            datetime.fromisoformat(value)
            return value
    if isinstance(value, tuple) and value and all(type(at) is int and at >= 0 for at in value):
        return value
    raise ValueError(f"expected {word}, a quoted time in ISO 8601, or a list of offsets")


class KafkaParams(StrictModel):
    """A bounded range of a Kafka topic, from the broker that ``MARQUEE_KAFKA`` names."""

    topic: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
    since: Annotated[Bound, PlainValidator(lambda value: _bound(value, "beginning"))]
    """``beginning``; the first record that the broker dates so or later; or an offset a partition,
    from partition 0 on, and none of what partitions are beyond."""
    until: Annotated[Bound, PlainValidator(lambda value: _bound(value, "now"))]
    """``now``, or likewise the first record that is left out."""


class IngestParams(StrictModel):
    """Where the raw snapshot comes from."""

    source: Literal["simulator", "files", "kafka", "movielens", "ratings"]
    rating_scale: RatingScaleParams
    """For simulator, files and Kafka; MovieLens and tables of ratings bring their own."""
    simulator: SimulatorParams
    files: FilesParams
    kafka: KafkaParams
    movielens: MovieLensParams
    ratings: RatingsParams
