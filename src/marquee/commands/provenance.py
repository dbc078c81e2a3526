"""``marquee provenance``: where a model comes from."""

import sys
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.tree import Tree

    from marquee.provenance.trace import Trace


@click.command()
@click.argument("model", type=click.Path(path_type=Path), default="data/model")
@click.option("--json", "as_json", is_flag=True, help="Print an in-toto statement.")
@click.option("--verify", "verified", is_flag=True, help="Recompute every digest first.")
def command(*, model: Path, as_json: bool, verified: bool) -> None:
    """Trace MODEL (data/model) back to its parameters, data, code and libraries.

    The model is looked up by its digest in dvc.lock. With --verify every file that dvc.lock and the
    raw snapshot's manifest record is hashed again, offline, and the installed libraries are held
    against requirements.lock; the first that differs is named.
    """
    from marquee.artifacts import canonical_json
    from marquee.provenance.statement import statement
    from marquee.provenance.trace import trace_model

    trace = trace_model(model)
    if verified:
        _verify(trace)
    if as_json:
        click.echo(canonical_json(statement(trace)), nl=False)
    else:
        _print(_tree(trace))


def _verify(trace: "Trace") -> None:
    from marquee.provenance.verification import verify

    done = verify(trace)
    click.echo(
        f"verified: {done.paths} paths, {done.parameters} groups of parameters, "
        f"{done.parts} parts of the raw snapshot and {done.libraries} installed libraries are as "
        "recorded",
        err=True,
    )


def _print(tree: "Tree") -> None:
    from rich.console import Console

    # What reads a pipe wants a digest on one line.
    Console(width=None if sys.stdout.isatty() else 240, highlight=False).print(tree)


def _tree(trace: "Trace") -> "Tree":
    from rich.tree import Tree

    tree = Tree(f"[bold]{trace.folder}[/bold]  {trace.model.digest}")
    _add_parameters(tree.add("[bold]parameters[/bold]"), trace)
    _add_data(tree.add(f"[bold]data[/bold]  {trace.snapshot.record.path}"), trace)
    _add_code(tree.add(f"[bold]code[/bold]  {_commit(trace)}"), trace)
    _add_libraries(tree.add(f"[bold]libraries[/bold]  {len(trace.libraries)} locked"), trace)
    return tree


def _commit(trace: "Trace") -> str:
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
