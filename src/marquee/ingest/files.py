"""The source ``files``: logs and metadata that stand in files."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from marquee.artifacts import files_below
from marquee.errors import DataError
from marquee.ingest.inputs import InputFile, expect_below
from marquee.ingest.ratings.recognise import expect_no_table, tables_below
from marquee.ingest.rows import read_movies, read_users
from marquee.ingest.segments import Segment, expect_chain, is_segment, list_segments
from marquee.ingest.snapshot import Origin, Snapshot
from marquee.params import IngestParams

_LOGS = (".log", ".log.gz")


def read_files(params: IngestParams, input_folder: Path, snapshot: Snapshot) -> Origin:
    """Copy the event bytes as they are, unpacked, and bring metadata into one shape.

    A path outside the input folder is a :class:`DataError`, as is a table in place of a log.
    """
    for path in params.files.events:
        expect_below(input_folder, path, "ingest.files.events")
    logs = event_files(params.files.events)
    for log in logs:
        if isinstance(log, InputFile):
            expect_no_table(log.path)
    blocks = (block for log in logs for block in log.blocks())
    snapshot.write_events(blocks, params.rating_scale.scale)
    origin: Origin = {"events": [log.describe() for log in logs]}
    if params.files.users:
        users = InputFile(expect_below(input_folder, params.files.users, "ingest.files.users"))
        snapshot.write_users(read_users(users))
        origin["users"] = users.describe()
    if params.files.movies:
        movies = InputFile(expect_below(input_folder, params.files.movies, "ingest.files.movies"))
        snapshot.write_movies(read_movies(movies))
        origin["movies"] = movies.describe()
    return origin


def event_files(paths: Iterable[str]) -> list[InputFile | Segment]:
    """List the logs that files and folders give, in the order given, each once.

    A folder gives its ``*.log`` and ``*.log.gz``, at any depth, by path, but nothing hidden; one
    without any, and a path that is not there, is a :class:`DataError`. Segments of a topic are
    taken whole, and one that is missing between others is a :class:`DataError`.
    """
    found: dict[Path, InputFile | Segment] = {}
    for path in map(Path, paths):
        for file in _logs(path):
            found.setdefault(file.path.resolve(), file)
    if not found:
        raise DataError("ingest.files.events names no file or folder")
    return list(found.values())


def _logs(path: Path) -> Iterator[InputFile | Segment]:
    if not path.is_dir():
        yield InputFile(path)
        return
    logs = [file for file in files_below(path) if _is_log(file.relative_to(path))]
    if not logs:
        raise DataError(
            f"{path}: a folder without data, expected *.log or *.log.gz below it{_instead(path)}"
        )
    for folder in {log.parent.parent for log in logs if is_segment(log.parent)}:
        expect_chain(list_segments(folder))
    for log in logs:
        if is_segment(log.parent):
            yield Segment(log.parent, log.parent.relative_to(path).as_posix())
        else:
            yield InputFile(log, log.relative_to(path).as_posix())


def _instead(folder: Path) -> str:
    tables = [shlex.quote(str(path)) for path in tables_below(folder)]
    return f"; it holds a table of ratings: `marquee init {tables[0]}` reads it" if tables else ""


def _is_log(path: Path) -> bool:
    return path.name.endswith(_LOGS) and not any(part.startswith(".") for part in path.parts)
