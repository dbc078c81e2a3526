"""``marquee provenance``: where a model comes from."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from marquee.provenance.trace import Trace
    from marquee.provenance.verification import Verified


@click.command()
@click.argument("model", type=click.Path(path_type=Path), default="data/model")
@click.option("--full", is_flag=True, help="Show every parameter, file and library.")
@click.option("--json", "as_json", is_flag=True, help="Print an in-toto statement.")
@click.option("--verify", "verified", is_flag=True, help="Recompute every digest, too.")
def command(*, model: Path, full: bool, as_json: bool, verified: bool) -> None:
    """Trace MODEL (data/model) back to its parameters, data, code and libraries.

    The model is looked up by its digest in dvc.lock. With --verify every file that dvc.lock and the
    raw snapshot's manifest record is hashed again, offline, and the installed libraries are held
    against requirements.lock; each that differs is named, and the exit code is 5.
    """
    from marquee.provenance.trace import trace_model
    from marquee.provenance.verification import verify

    trace = trace_model(model)
    done = verify(trace) if verified else None
    if as_json:
        _print_json(trace, done)
        return
    _print_tree(trace) if full else _print_summary(trace)
    if done:
        _print_counts(done)
        _conclude(done)


def _print_json(trace: "Trace", done: "Verified | None") -> None:
    from marquee.artifacts import canonical_json
    from marquee.provenance.statement import statement

    if done:
        _conclude(done, err=True)
    click.echo(canonical_json(statement(trace)), nl=False)


def _print_tree(trace: "Trace") -> None:
    from rich.console import Console

    from marquee.commands.lineage import lineage_tree

    # What reads a pipe wants a digest on one line.
    width = None if sys.stdout.isatty() else 240
    Console(width=width, highlight=False).print(lineage_tree(trace))


def _print_summary(trace: "Trace") -> None:
    from marquee.commands.display import say

    for line in _summary(trace):
        say(line)
    say("--full names every parameter, file and library.")


def _summary(trace: "Trace") -> Iterator[str]:
    from marquee.artifacts import sha256_file
    from marquee.commands.lineage import commit_of

    raw, manifest = trace.snapshot.record.path, trace.snapshot.manifest
    made = {out.path for stage in trace.lineage for out in stage.outs}
    code = {dep.path for stage in trace.lineage for dep in stage.deps} - made
    installed = [library for library in trace.libraries if library.installed is not None]
    sections = [key for stage in trace.lineage for each in stage.params.values() for key in each]
    yield f"{trace.folder}  {trace.model.digest}"
    yield f"stages      {', '.join(stage.name for stage in trace.lineage)}"
    yield f"parameters  {', '.join(sections)}"
    yield f"data        {raw}: {manifest['source']}, {len(manifest['parts'])} parts"
    yield f"manifest    sha256 {sha256_file(trace.root / raw / 'manifest.json')}"
    yield f"code        {commit_of(trace)}"
    yield f"            {len(code)} files and folders"
    yield f"libraries   {len(trace.libraries)} locked, {len(installed)} installed here"
    for library in installed:
        if library.differs:
            yield (
                f"            {library.name} {library.installed} is installed, "
                f"locked is {' or '.join(library.locked)}"
            )


def _print_counts(done: "Verified") -> None:
    from marquee.commands.display import print_table

    click.echo()
    print_table(
        "",
        ["verified", "compared"],
        [
            ("files and folders of dvc.lock", f"{done.paths:,}"),
            ("sections of parameters", f"{done.parameters:,}"),
            ("parts of the raw snapshot", f"{done.parts:,}"),
            ("installed libraries", f"{done.libraries:,}"),
        ],
    )


def _conclude(done: "Verified", *, err: bool = False) -> None:
    """Name each difference, and say the verdict last; a difference is an error."""
    from marquee.commands.display import say
    from marquee.errors import ProvenanceError

    for difference in done.differences:
        say(difference, err=err)
    if found := len(done.differences):
        raise ProvenanceError(f"not as recorded: {found} difference{'s' * (found > 1)}, see above")
    say("verified: everything is as recorded", err=err)
