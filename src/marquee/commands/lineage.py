"""All that a model was made from, as a tree."""

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.tree import Tree

    from marquee.provenance.trace import Trace


def lineage_tree(trace: "Trace") -> "Tree":
    """Return the tree of a model: parameters, data, code, libraries."""
    from rich.tree import Tree

    tree = Tree(f"[bold]{trace.folder}[/bold]  {trace.model.digest}")
    _add_parameters(tree.add("[bold]parameters[/bold]"), trace)
    _add_data(tree.add(f"[bold]data[/bold]  {trace.snapshot.record.path}"), trace)
    _add_code(tree.add(f"[bold]code[/bold]  {commit_of(trace)}"), trace)
    _add_libraries(tree.add(f"[bold]libraries[/bold]  {len(trace.libraries)} locked"), trace)
    return tree


def commit_of(trace: "Trace") -> str:
    """Return the commit of the lock, or say that it has none."""
    return trace.commit or "uncommitted: dvc.lock differs from the committed one"


def _add_parameters(branch: "Tree", trace: "Trace") -> None:
    for stage in trace.lineage:
        for values in stage.params.values():
            for key, value in values.items():
                _add_value(branch, key, value)


def _add_value(branch: "Tree", key: str, value: object) -> None:
    from rich.markup import escape

    if isinstance(value, dict):
        inner = branch.add(key)
        for name, item in value.items():
            _add_value(inner, name, item)
    else:
        branch.add(escape(f"{key}: {value}"))


def _add_data(branch: "Tree", trace: "Trace") -> None:
    from marquee.artifacts import sha256_file

    raw, manifest = trace.snapshot.record, trace.snapshot.manifest
    branch.add(f"source: {manifest['source']}")
    branch.add(f"manifest.json  sha256 {sha256_file(trace.root / raw.path / 'manifest.json')}")
    for part in manifest["parts"]:
        branch.add(f"{part['name']}  sha256 {part['sha256']}, {part['bytes']} bytes")


def _add_code(branch: "Tree", trace: "Trace") -> None:
    made = {out.path for stage in trace.lineage for out in stage.outs}
    for stage in trace.lineage:
        inner = branch.add(f"{stage.name}: {stage.cmd}")
        for dep in stage.deps:
            if dep.path not in made:
                inner.add(f"{dep.path}  md5 {dep.digest.md5}")


def _add_libraries(branch: "Tree", trace: "Trace") -> None:
    as_locked = []
    for library in trace.libraries:
        pins = f"{library.name}=={' or '.join(library.locked)}"
        if library.differs:
            branch.add(f"[red]{pins}, but {library.installed} is installed[/red]")
        elif library.installed is None:
            branch.add(f"{pins}, not installed")
        else:
            as_locked.append(f"{library.name}=={library.installed}")
    for line in wrap(" ".join(as_locked), 88, break_on_hyphens=False):
        branch.add(line)
