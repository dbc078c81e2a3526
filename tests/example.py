"""Parameters for tests: fixed values in one spelling, whatever experiment the workspace holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from marquee.params import read_yaml

FIXED = Path(__file__).with_name("example.yaml")


def write_example(params: Path, to: Path) -> None:
    """Write the keys of ``params`` with the values of example.yaml where that has them."""
    with to.open("w") as file:
        YAML().dump(_spell(_overlay(read_yaml(params), read_yaml(FIXED))), file)


def _overlay(values: Any, fixed: Any) -> Any:
    if not isinstance(values, Mapping):
        return fixed
    return {
        key: _overlay(value, fixed[key]) if key in fixed else value for key, value in values.items()
    }


def _spell(values: Any, key: str = "") -> Any:
    """Lists and the rating scale on one line, all else on lines of their own."""
    spelt: Any
    if isinstance(values, Mapping):
        spelt = CommentedMap({name: _spell(value, name) for name, value in values.items()})
    elif isinstance(values, list):
        spelt = CommentedSeq([_spell(value) for value in values])
    else:
        return values
    if isinstance(values, list) or key == "rating_scale":
        spelt.fa.set_flow_style()
    return spelt
