"""``params.yaml`` as one object: read, checked, or refused in one line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from marquee.errors import ParameterError
from marquee.params.clean import CleanParams
from marquee.params.evaluate import EvaluateParams
from marquee.params.fairness import FairnessParams
from marquee.params.fields import StrictModel
from marquee.params.ingest import IngestParams
from marquee.params.train import TrainParams

Checked = TypeVar("Checked", bound=BaseModel)


class Params(StrictModel):
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
