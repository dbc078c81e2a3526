"""Fit every model on saved interactions: to be run by another interpreter than the tests'."""

import os
import sys
from pathlib import Path

import numpy as np

from marquee.models.registry import fit_model
from marquee.tables.interactions import Interactions

from .examples import CASES, make_params, name_case


def load(path: Path) -> Interactions:
    """Read interactions from an ``.npz``."""
    with np.load(path) as arrays:
        return Interactions(*(arrays[name] for name in Interactions.__slots__))


def save(data: Interactions, path: Path) -> None:
    """Write interactions as an ``.npz``."""
    np.savez(path, **{name: getattr(data, name) for name in Interactions.__slots__})


def fit_all(data: Interactions, folder: Path) -> None:
    """Save every model, with what it answers, below ``folder``."""
    pairs = data.user_ids[data.user_idx], data.movie_ids[data.movie_idx]
    for case in CASES:
        model = fit_model(data, make_params(case[0], **case[1]))
        model.save(folder / name_case(case))
        np.save(folder / name_case(case) / "ranked", model.recommend_many(data.user_ids, 10, data))
        if (stars := model.predict(*pairs)) is not None:
            np.save(folder / name_case(case) / "stars", stars)


if __name__ == "__main__":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[3])])
    fit_all(load(Path(sys.argv[1])), Path(sys.argv[2]))
