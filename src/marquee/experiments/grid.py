"""The committed grid of a sweep: which parameters are tried, cell by cell."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marquee.artifacts import canonical_json
from marquee.errors import ParameterError
from marquee.params import parse_params, read_yaml

Block = dict[str, Any]


class _Grid(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    every_cell: Block = Field(default_factory=dict)
    """Dotted parameters that all blocks share; a block may override them."""
    blocks: list[Block] = Field(min_length=1)
    """Each is a grid of its own: every combination of its values. A list is several values."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One experiment: what it sets, and the whole parameters that this gives."""

    overrides: Mapping[str, Any]
    params: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The model and a digest of the whole parameters: the same cell is always called so."""
        digest = hashlib.sha256(canonical_json(self.params)).hexdigest()
        return f"{self.params['train']['model']}-{digest[:8]}"

    @property
    def settings(self) -> list[str]:
        """The overrides as ``dvc exp run -S`` takes them."""
        return [f"{key}={_spell(value)}" for key, value in self.overrides.items()]


def read_grid(grid: Path, params: Path) -> list[Cell]:
    """Read the cells of a grid file, each checked against the parameters, doubles left out.

    An unknown key or a value out of range, in whichever cell, is a :class:`ParameterError`, so
    that a sweep of hours does not end on a typing error.
    """
    base = read_yaml(params)
    parse_params(base, where=str(params))
    cells: dict[str, Cell] = {}
    for overrides in _combinations(_read(grid)):
        cell = Cell(overrides, _with(base, overrides, where=grid))
        parse_params(cell.params, where=str(grid))
        cells.setdefault(cell.name, cell)
    return list(cells.values())


def _read(path: Path) -> _Grid:
    try:
        return _Grid.model_validate(read_yaml(path))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"]) or "the file"
        raise ParameterError(f"{path}: {where}: {detail['msg']}") from None


def _combinations(grid: _Grid) -> Iterator[Block]:
    for block in grid.blocks:
        axes = {
            key: value if isinstance(value, list) else [value]
            for key, value in {**grid.every_cell, **block}.items()
        }
        for values in itertools.product(*axes.values()):
            yield dict(zip(axes, values, strict=True))


def _with(base: Mapping[str, Any], overrides: Block, *, where: Path) -> dict[str, Any]:
    changed = deepcopy(dict(base))
    for key, value in overrides.items():
        *path, last = key.split(".")
        room: Any = changed
        for part in path:
            room = room.get(part) if isinstance(room, dict) else None
        if not isinstance(room, dict) or last not in room:
            raise ParameterError(f"{where}: {key}: unknown key")
        room[last] = value
    return changed


def _spell(value: Any) -> str:
    """Write a value in the grammar of Hydra, which DVC reads."""
    if isinstance(value, list):
        return f"[{','.join(_spell(item) for item in value)}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return "null" if value is None else repr(value).lower()
