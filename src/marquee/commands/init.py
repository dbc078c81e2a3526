"""``marquee init``: set params.yaml up for a file of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from marquee.commands.overview import Overview
    from marquee.events import RatingScale
    from marquee.params import Params

_FILE = click.Path(path_type=Path)
_PARAMS = Path("params.yaml")
_TOO_MANY = "more {} cannot be read than clean.max_quarantined_share = {:g}: clean will refuse"
_INDENT = 13


@click.command
@click.argument("file", type=_FILE)
@click.option("--users", type=_FILE, help="A table of what is known of the users.")
@click.option("--movies", type=_FILE, help="A table of what is known of the movies.")
@click.option("--user", metavar="COLUMN", help="The column of the user's id.")
@click.option("--movie", metavar="COLUMN", help="The column of the movie's id.")
@click.option("--rating", metavar="COLUMN", help="The column of the rating.")
@click.option("--timestamp", metavar="COLUMN", help="The column of the time.")
@click.option("--event", metavar="COLUMN", help="The column that says what happened.")
def command(file: Path, users: Path | None, movies: Path | None, **columns: str | None) -> None:
    """Set params.yaml up for ratings, clicks or a log of your own.

    FILE is a table of ratings or clicks (CSV or other delimited text, Parquet, JSON lines), a
    MovieLens folder or zip, or a log of events. It is read, copied into data/input if it lies
    elsewhere, and named in params.yaml; what was understood is printed. Columns are recognised by
    their usual names; an option gives one by its name, or its number from 1.
    """
    from marquee.commands.display import print_pairs
    from marquee.commands.edits import edit_yaml
    from marquee.commands.overview import USERS_AND_MOVIES, look_at, look_at_metadata
    from marquee.params import load_params

    params = load_params(_PARAMS)
    given = {role: _column(name) for role, name in columns.items()}
    found = look_at(file, given, params.ingest)
    metadata = {"users": users, "movies": movies}
    _expect_no_options(found, _without_use(found.source, metadata, given))
    known = {
        name: look_at_metadata(path, USERS_AND_MOVIES[name], _named(params, name))
        for name, path in metadata.items()
        if path and found.source == "ratings"
    }
    path, changes = _changes(params, found, metadata, given)
    before = _PARAMS.read_text(encoding="utf-8")
    after = edit_yaml(before, changes)
    if after != before:
        _PARAMS.write_text(after, encoding="utf-8")
    load_params(_PARAMS)
    facts = [*found.facts, *((f"of {name}", text) for name, text in known.items())]
    if found.timed is not None:
        facts.append(("split", _split(changes["clean.split.method"], found, params)))
    if found.unreadable_share > params.clean.max_quarantined_share:
        what = "lines" if found.source == "files" else "rows"
        facts.append(("but", _TOO_MANY.format(what, params.clean.max_quarantined_share)))
    click.echo(f"{path}: {found.what}")
    print_pairs(((f"  {name}", text) for name, text in facts), _INDENT)
    done = "is set" if after != before else "says so already"
    click.echo(f"{_PARAMS} {done}; next: dvc repro")


def _column(name: str | None) -> str | int | None:
    return int(name) if name and name.isdecimal() else name


def _named(params: "Params", name: str) -> Mapping[str, Any]:
    given: Mapping[str, Any] = getattr(params.ingest.ratings, name).columns.model_dump()
    return given


def _without_use(
    source: str, metadata: Mapping[str, Any], columns: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the options that a source has no use for."""
    if source == "ratings":
        return {}
    return columns if source == "files" else {**metadata, **columns}


def _expect_no_options(found: "Overview", options: Mapping[str, Any]) -> None:
    from marquee.errors import DataError

    if used := [f"--{name}" for name, value in options.items() if value is not None]:
        raise DataError(f"{found.path}: {found.what}, which has no use for {', '.join(used)}")


def _changes(
    params: "Params",
    found: "Overview",
    metadata: Mapping[str, Path | None],
    given: Mapping[str, str | int | None],
) -> tuple[str, dict[str, Any]]:
    """Copy what lies elsewhere; return where the file is, and what params.yaml has to say."""
    path = _placed(found.path)
    changes: dict[str, Any] = {"ingest.source": found.source}
    if found.source == "files":
        changes["ingest.files.events"] = [path]
        if found.rating_scale:
            changes["ingest.rating_scale"] = _as_yaml(found.rating_scale)
        changes |= _placed_all("files.{}", metadata)
    elif found.source == "movielens":
        changes["ingest.movielens.path"] = path
    else:
        changes["ingest.ratings.paths"] = path
        changes |= {f"ingest.ratings.columns.{role}": name for role, name in given.items()}
        changes |= _placed_all("ratings.{}.path", metadata)
    method = params.clean.split.method
    if found.timed is False and method in ("temporal", "per_user"):
        method = "leave_out"
    elif found.timed is not False and method == "leave_out":
        method = "temporal"
    return path, changes | {"clean.split.method": method}


def _as_yaml(scale: "RatingScale") -> dict[str, float]:
    values = {"min": scale.min, "max": scale.max, "step": scale.step}
    return {key: int(value) if value == int(value) else value for key, value in values.items()}


def _placed_all(key: str, files: Mapping[str, Path | None]) -> dict[str, Any]:
    return {
        f"ingest.{key.format(name)}": _placed(file) if file else None
        for name, file in files.items()
    }


def _split(method: str, found: "Overview", params: "Params") -> str:
    if not found.timed:
        return f"{method}: a share of each user's movies, as there are no times"
    warm, wanted = found.users_across(params.clean.split.test), params.evaluate.min_users
    if method != "temporal" or warm >= wanted:
        return f"{method} (clean.split.method)"
    few = (
        f"temporal; it tests on about {warm} users with history, fewer than evaluate.min_users"
        f" = {wanted}, so that every verdict will be inconclusive"
    )
    more = found.users_at_all > warm
    return few + ("; clean.split.method per_user tests on more users" if more else "")


def _placed(path: Path) -> str:
    """Return where a file lies below data/input, where it is copied if it lies elsewhere."""
    from marquee.artifacts import whole
    from marquee.errors import DataError
    from marquee.experiments.sweep import INPUT
    from marquee.ingest.inputs import is_below

    folder = Path(INPUT)
    if is_below(folder, path):
        return _relative(path).as_posix()
    target = folder / path.resolve().name
    if target.exists():
        if not _same(path, target):
            raise DataError(f"{target}: is there and differs from {path}: remove or rename it")
        return target.as_posix()
    folder.mkdir(parents=True, exist_ok=True)
    with whole(target) as copy:
        _copy(path, copy)
    click.echo(f"{path}: copied to {target}")
    return target.as_posix()


def _relative(path: Path) -> Path:
    import os

    return Path(os.path.relpath(path))


def _copy(path: Path, target: Path) -> None:
    import shutil

    if path.is_dir():
        shutil.copytree(path, target)
    else:
        shutil.copyfile(path, target)


def _same(one: Path, other: Path) -> bool:
    from marquee.artifacts import files_below, sha256_file

    if one.is_dir() != other.is_dir():
        return False
    contents = [
        [(file.relative_to(path), sha256_file(file)) for file in files_below(path)]
        for path in (one, other)
    ]
    return contents[0] == contents[1]
