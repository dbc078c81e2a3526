"""Runs that differ in their seed alone, taken together as one configuration of one protocol."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Any

from marquee.artifacts import canonical_json
from marquee.experiments.figures import COSTS, Figures
from marquee.experiments.project import Run


@dataclass(frozen=True, slots=True)
class Configuration:
    """One model with its hyper-parameters: what its runs measured, one run a seed.

    ``low``, ``high`` and ``gap`` are means over the seeds, ``costs`` medians of what is known.
    """

    model: str
    settings: Mapping[str, Any]
    runs: tuple[str, ...]
    qualities: tuple[float, ...]
    low: float | None
    high: float | None
    gap: float | None
    costs: Mapping[str, float]

    @property
    def quality(self) -> float:
        """The mean over the seeds."""
        return fmean(self.qualities)

    @property
    def sd(self) -> float | None:
        """The standard deviation over the seeds; None for a single one."""
        return stdev(self.qualities) if len(self.qualities) > 1 else None


_OF_FALLBACK = ("count", "half_life_days")
"""Of ``train.popularity``: they rank what any model gives to users whom it does not know."""


def settings(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyper-parameters of the model that parameters choose, and those of its fallback.

    Experiments from before a parameter have None for it.
    """
    train = params["train"]
    own = dict(train[train["model"]])
    if train["model"] == "popularity":
        return own
    return own | {f"popularity.{name}": train["popularity"].get(name) for name in _OF_FALLBACK}


def protocols(runs: Sequence[Run]) -> Iterator[tuple[str, list[Run]]]:
    """Yield runs that were measured alike, with a label for how.

    The protocol is every parameter outside the model: data, split, what is fitted and judged on.
    The label names those two and whatever else differs between the protocols.
    """
    groups = _grouped(runs, _protocol)
    known = [_flat(_protocol(group[0])) for group in groups]
    keys = {key for one in known for key in one}
    differ = sorted(key for key in keys if len({str(one.get(key)) for one in known}) > 1)
    for group, protocol in zip(groups, known, strict=True):
        said = ("evaluate.split", "fit_on")
        others = [f", {key} = {protocol.get(key)}" for key in differ if key not in said]
        where = f"on {protocol['evaluate.split']}, fitted on {protocol['fit_on']}"
        yield where + "".join(others), group


def configurations(runs: Sequence[Run], figures: Mapping[str, Figures]) -> list[Configuration]:
    """Take runs of one protocol together that differ in their seed alone."""
    return [_together(group, figures) for group in _grouped(runs, _identity)]


def labels(found: Sequence[Configuration]) -> list[str]:
    """Name each by its model and by the settings that tell it from others of that model."""
    alike = [[other.settings for other in found if other.model == one.model] for one in found]
    return [
        " ".join(
            [
                one.model,
                *(
                    f"{key}={value}"
                    for key, value in one.settings.items()
                    if any(other[key] != value for other in others)
                ),
            ]
        )
        for one, others in zip(found, alike, strict=True)
    ]


def _together(runs: Sequence[Run], figures: Mapping[str, Figures]) -> Configuration:
    by_seed = {run.params["train"]["seed"]: run for run in reversed(runs)}
    kept = [by_seed[seed] for seed in sorted(by_seed)]
    found = [figures[run.name] for run in kept]
    costs = {name: [one.costs[name] for one in found if name in one.costs] for name in COSTS}
    return Configuration(
        model=kept[0].params["train"]["model"],
        settings=settings(kept[0].params),
        runs=tuple(run.name for run in kept),
        qualities=tuple(one.quality for one in found),
        low=_mean([one.low for one in found]),
        high=_mean([one.high for one in found]),
        gap=_mean([one.gap for one in found]),
        costs={name: median(values) for name, values in costs.items() if values},
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _identity(run: Run) -> dict[str, Any]:
    return {"model": run.params["train"]["model"], **settings(run.params)}


def _protocol(run: Run) -> dict[str, Any]:
    rest = {stage: values for stage, values in run.params.items() if stage != "train"}
    return {**rest, "fit_on": run.params["train"]["fit_on"]}


def _grouped(runs: Sequence[Run], key: Callable[[Run], object]) -> list[list[Run]]:
    groups: dict[bytes, list[Run]] = {}
    for run in runs:
        groups.setdefault(canonical_json(key(run)), []).append(run)
    return list(groups.values())


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
        )
    return flat
