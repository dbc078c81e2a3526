"""A model as a folder: ``config.json`` and one ``.npy`` an array, read by memory map."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.artifacts import read_json, write_json
from marquee.errors import DataError, ModelError

FORMAT = 3
_CONFIG = "config.json"


def write_folder(
    folder: Path, config: Mapping[str, object], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write ``config`` and ``arrays``; the same content gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    shapes = {
        name: {"dtype": array.dtype.str, "shape": array.shape} for name, array in arrays.items()
    }
    write_json(folder / _CONFIG, {"format": FORMAT, **config, "arrays": shapes})


def read_config(folder: Path) -> dict[str, Any]:
    """Read a model's ``config.json``; :class:`ModelError` where it is none of ours."""
    try:
        config = read_json(folder / _CONFIG)
    except (DataError, OSError) as error:
        raise ModelError(f"{folder}: expected a saved model: {error}") from None
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        found = config.get("format") if isinstance(config, dict) else None
        raise ModelError(
            f"{folder / _CONFIG}: found format {found}, expected a model of format {FORMAT}; fit "
            "it again (`make repro`)"
        )
    return config


def read_arrays(folder: Path, config: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Map the arrays that ``config`` names; :class:`ModelError` where one is not as it says."""
    return {
        name: _read(folder / f"{name}.npy", expected) for name, expected in config["arrays"].items()
    }


def _read(path: Path, expected: Mapping[str, Any]) -> NDArray[Any]:
    shape = tuple(expected["shape"])
    try:
        array = np.load(path, mmap_mode="r" if all(shape) else None, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"{path}: expected an array of the model: {error}") from None
    if array.shape != shape or array.dtype.str != expected["dtype"]:
        found = f"{array.dtype.str} {array.shape}"
        raise ModelError(f"{path}: found {found}, expected {expected['dtype']} {shape}")
    return np.asarray(array)
