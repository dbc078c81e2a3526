"""dvc.yaml, params.yaml, params.py and the stages' code say the same."""

import ast
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from marquee.params import Params, load_params

ROOT = Path(__file__).resolve().parents[2]
STAGES = ["ingest", "clean", "train", "evaluate", "fairness"]


def read(name: str) -> Any:
    return YAML(typ="safe").load(ROOT / name)


def paths(entries: Any) -> list[str]:
    """The paths of a list whose entries are a path, or a mapping from a path to its options."""
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries or ()]


def outs(stage: dict[str, Any]) -> list[str]:
    return [path for kind in ("outs", "metrics", "plots") for path in paths(stage.get(kind))]


PIPELINE = read("dvc.yaml")


def test_there_are_exactly_the_five_stages_in_order() -> None:
    assert list(PIPELINE["stages"]) == STAGES


def test_the_parameters_are_the_fields_of_their_types_one_section_a_stage() -> None:
    assert list(read("params.yaml")) == list(Params.model_fields) == STAGES


def test_the_committed_parameters_are_valid() -> None:
    load_params(ROOT / "params.yaml")


def sections_read(tree: ast.AST) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "params"
        and node.attr in Params.model_fields
    }


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_lists_the_sections_of_parameters_that_its_script_reads(name: str) -> None:
    script = ast.parse((ROOT / f"stages/{name}.py").read_text())
    assert set(PIPELINE["stages"][name]["params"]) == sections_read(script)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_says_what_it_makes_and_reports_on_it(name: str) -> None:
    stage = PIPELINE["stages"][name]
    assert stage["desc"]
    assert f"data/reports/{name}.json" in outs(stage)


def test_the_metrics_of_dvc_are_the_summary_of_the_last_stage_alone() -> None:
    metrics = {name: paths(stage.get("metrics")) for name, stage in PIPELINE["stages"].items()}
    assert {name: found for name, found in metrics.items() if found} == {
        STAGES[-1]: ["data/reports/summary.json"]
    }


@pytest.mark.parametrize("name", STAGES[:-1])
def test_the_run_cache_of_dvc_is_on(name: str) -> None:
    """An output outside DVC's cache that is neither metric nor plot switches it off."""
    entries = PIPELINE["stages"][name]["outs"]
    assert [entry for entry in entries if not isinstance(entry, str)] == []


@pytest.mark.parametrize("name", STAGES)
def test_every_path_of_a_command_is_a_dependency_or_an_output_and_every_output_is_in_it(
    name: str,
) -> None:
    stage = PIPELINE["stages"][name]
    written = {word for word in shlex.split(stage["cmd"]) if "/" in word}
    assert written <= {*stage["deps"], *outs(stage)}
    assert set(outs(stage)) <= written
    assert {path for path in stage["deps"] if path.startswith("data/")} <= written


@pytest.mark.parametrize("name", STAGES)
def test_the_dependency_lock_is_a_dependency(name: str) -> None:
    assert "requirements.lock" in PIPELINE["stages"][name]["deps"]


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that may be imported, at the top or inside a function, but not for types."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            continue  # runs for a name that only `from marquee import NAME` asks for, see below
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module != "marquee", "stages import from the module that has it"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imported(node)


def files_of(module: str) -> Iterator[Path]:
    """The files that run when a module is imported: its own and its packages'."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        base = ROOT.joinpath("src", *parts[:depth])
        yield from (
            path for path in (base / "__init__.py", base.with_suffix(".py")) if path.exists()
        )


def closure(script: Path) -> set[Path]:
    found = {script}
    todo = [script]
    while todo:
        for module in imported(ast.parse(todo.pop().read_text())):
            new = set(files_of(module)) - found
            found |= new
            todo += new
    return found


def covered(path: Path, deps: list[str]) -> bool:
    relative = path.relative_to(ROOT)
    return any(relative.is_relative_to(dep) for dep in deps)


def is_only_a_docstring(path: Path) -> bool:
    body = ast.parse(path.read_text()).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


@pytest.mark.parametrize("name", STAGES)
def test_the_dependencies_cover_all_the_code_that_a_stage_imports(name: str) -> None:
    deps = PIPELINE["stages"][name]["deps"]
    missing = {
        path.relative_to(ROOT).as_posix()
        for path in closure(ROOT / f"stages/{name}.py")
        if not covered(path, deps) and not is_only_a_docstring(path)
    }
    assert missing == set()


@pytest.mark.parametrize("name", STAGES)
def test_modules_imported_by_a_computed_name_are_in_a_dependency(
    name: str,
) -> None:
    deps = PIPELINE["stages"][name]["deps"]
    for path in closure(ROOT / f"stages/{name}.py"):
        if "import_module(" in path.read_text():
            assert covered(path.parent, deps)


@pytest.mark.parametrize("name", STAGES)
def test_dependencies_exist_or_are_made_by_another_stage(name: str) -> None:
    made = {out for stage in PIPELINE["stages"].values() for out in outs(stage)}
    for dep in PIPELINE["stages"][name]["deps"]:
        assert dep in made or (ROOT / dep).exists(), dep


def test_the_model_is_an_artifact_that_a_stage_makes() -> None:
    (artifact,) = PIPELINE["artifacts"].values()
    assert artifact["type"] == "model"
    assert artifact["path"] in outs(PIPELINE["stages"]["train"])


def test_every_plot_is_drawn_from_what_a_stage_makes() -> None:
    made = [out for stage in PIPELINE["stages"].values() for out in outs(stage)]
    drawn = [path for plot in PIPELINE["plots"] for path in plotted(plot)]
    assert drawn
    for path in drawn:
        assert any(Path(path).is_relative_to(out) for out in made), path


def plotted(plot: Any) -> list[str]:
    """The files of a top-level plot: named by its key, or by the keys of its axes."""
    if isinstance(plot, str):
        return [plot]
    ((name, options),) = plot.items()
    axes = [(options or {}).get(axis) for axis in ("x", "y")]
    return [path for axis in axes if isinstance(axis, dict) for path in axis] or [name]
