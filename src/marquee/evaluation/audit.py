"""The whole of fairness: consumers, providers, and a verdict for each requirement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.audience import Audience
from marquee.evaluation.consumers import (
    Gap,
    Group,
    Requirement,
    expect_metrics,
    find_gap,
    judge_requirement,
    measure_groups,
)
from marquee.evaluation.estimates import SUMS, Estimate, estimate
from marquee.evaluation.genres import read_genres
from marquee.evaluation.groups import Grouping, group_users, intersect, read_histories
from marquee.evaluation.providers import (
    Lift,
    describe_histories,
    genre_divergence,
    long_tail,
    measure_exposure,
    popularity_lift,
)
from marquee.metrics.beyond import average_over_list
from marquee.params import FairnessParams

DIVERGENCE = "genre_divergence"


@dataclass(frozen=True, slots=True)
class Attribute:
    """The groups of an attribute, those who are in none, and the gap of each metric."""

    name: str
    groups: Sequence[Group]
    unknown: int
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class Audit:
    """Fairness on both sides; ``divergence`` is [n_users], that of each user's list."""

    users: int
    cutoff: int
    attributes: Sequence[Attribute]
    requirements: Sequence[Requirement]
    exposure: Mapping[str, Estimate]
    histories: Mapping[str, float]
    calibration: Estimate
    divergence: NDArray[np.float64]
    lifts: Sequence[Lift]


def audit(tables: Path, audience: Audience, params: FairnessParams) -> Audit:
    """Measure how each group is served and what is shown, and judge every requirement.

    ``tables`` has ``users.parquet`` and ``movies.parquet``; where those are empty, the groups by
    behaviour remain.
    """
    genres = read_genres(tables / "movies.parquet", audience.fitted.movie_ids)
    divergence = genre_divergence(audience.ranked, audience.user_ids, audience.fitted, genres)
    histories = read_histories(audience.fitted, audience.user_ids, audience.popularity)
    known = group_users(tables / "users.parquet", audience.user_ids, histories, params)
    groupings = [known[name] for name in params.attributes]
    groupings += [intersect(known[a], known[b]) for a, b in params.intersections]
    columns = {**audience.columns, DIVERGENCE: divergence}
    expect_metrics(params.requirements, [*columns])
    attributes = [_attribute(each, columns, audience.cutoff, params) for each in groupings]
    groups = {attribute.name: attribute.groups for attribute in attributes}
    tail = long_tail(audience.popularity, params.long_tail_share)
    recommended = average_over_list(audience.ranked, audience.popularity)
    bootstrap = params.bootstrap
    return Audit(
        users=len(audience.user_ids),
        cutoff=audience.cutoff,
        attributes=attributes,
        requirements=[
            judge_requirement(each, groups[each.attribute], bootstrap, columns)
            for each in params.requirements
        ],
        exposure=measure_exposure(audience.ranked, audience.popularity, tail, bootstrap),
        histories=describe_histories(audience.fitted, tail),
        calibration=estimate([{DIVERGENCE: divergence}], bootstrap)[0][DIVERGENCE],
        divergence=divergence,
        lifts=popularity_lift(
            known["mainstreaminess"], histories, recommended, params.min_group, bootstrap
        ),
    )


def _attribute(
    grouping: Grouping,
    columns: Mapping[str, NDArray[np.float64]],
    cutoff: int,
    params: FairnessParams,
) -> Attribute:
    metrics = [f"ndcg_at_{cutoff}", f"hit_rate_at_{cutoff}", "rmse", DIVERGENCE]
    metrics += [each.metric for each in params.requirements if each.metric not in metrics]
    kept = {name: values for name, values in columns.items() if name in {*metrics, *SUMS}}
    groups = measure_groups(grouping, kept, params)
    gaps = [find_gap(groups, metric, params.bootstrap) for metric in metrics]
    return Attribute(
        name=grouping.attribute,
        groups=groups,
        unknown=int((grouping.member < 0).sum()),
        gaps=[gap for gap in gaps if gap is not None],
    )
