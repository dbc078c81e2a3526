"""What a user can get wrong: one line that says it, an exit code, and nothing of value lost."""

import fcntl
import gzip
import hashlib
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from marquee.artifacts import whole
from marquee.ingest.sources import write_snapshot
from marquee.params import load_params

from ..shell import ENVIRONMENT, attempt

STAGES = ("ingest", "clean", "train", "evaluate", "fairness")
SMALL = {
    "ingest.simulator.users": 150,
    "ingest.simulator.movies": 80,
    "ingest.simulator.lines": 20_000,
    "ingest.simulator.days": 20,
    "evaluate.min_users": 5,
}
yaml = YAML(typ="safe", pure=True)


@pytest.fixture(scope="session")
def commands(root: Path) -> dict[str, list[str]]:
    """Each stage's command as the pipeline gives it."""
    pipeline = yaml.load(root / "dvc.yaml")["stages"]
    return {name: shlex.split(pipeline[name]["cmd"]) for name in STAGES}


@pytest.fixture(scope="session")
def finished(
    root: Path, commands: Mapping[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project whose pipeline ran on a small simulated log, made by the first worker to ask."""
    folder = tmp_path_factory.getbasetemp().parent / "finished"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "project").exists():
            with whole(folder / "project") as project:
                run_pipeline(root, commands, project)
    return folder / "project"


def run_pipeline(root: Path, commands: Mapping[str, list[str]], project: Path) -> None:
    shutil.copytree(root / "stages", project / "stages")
    shutil.copytree(root / "data/input", project / "data/input")
    shutil.copy(root / "params.yaml", project)
    set_params(project, SMALL)
    for name in STAGES:
        done = attempt(*commands[name], folder=project)
        assert (done.returncode, done.stderr) == (0, ""), name


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Path:
    """A copy of that project, outputs included."""
    return shutil.copytree(finished, tmp_path / "project")


def set_params(project: Path, changes: Mapping[str, object]) -> None:
    params = yaml.load(project / "params.yaml")
    for path, value in changes.items():
        *sections, key = path.split(".")
        section = params
        for name in sections:
            section = section[name]
        section[key] = value
    yaml.dump(params, project / "params.yaml")


def contents(project: Path) -> dict[str, str]:
    """The digest of every file, costs apart: they say what the last run cost, and are no output."""
    return {
        path.relative_to(project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(project.rglob("*"))
        if path.is_file() and "costs" not in path.parts and "__pycache__" not in path.parts
    }


@pytest.fixture
def refused(project: Path, commands: Mapping[str, list[str]]) -> Callable[..., tuple[int, str]]:
    """Run a stage that must fail in words, by rule in one line, and leave every file as it was."""

    def refused(stage: str, *prefix: str, lines: int = 1) -> tuple[int, str]:
        before = contents(project)
        done = attempt(*prefix, *commands[stage], folder=project)
        assert done.returncode != 0, "the stage should have failed"
        assert done.stderr.startswith(f"{stage}: ")
        assert done.stderr.count("\n") == lines, done.stderr
        assert "Traceback" not in done.stderr
        assert contents(project) == before
        assert not list(project.rglob("*.partial-*"))
        return done.returncode, done.stderr

    return refused


@pytest.fixture
def passes(project: Path, commands: Mapping[str, list[str]]) -> Callable[[str], None]:
    """Run a stage that must succeed."""

    def passes(stage: str) -> None:
        done = attempt(*commands[stage], folder=project)
        assert (done.returncode, done.stderr) == (0, "")

    return passes


LINE = b"2025-01-01T10:00:00,1,GET /rate/the+matrix+1999=4\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\6\0\0\0"


def sqlite_file(folder: Path) -> bytes:
    database = sqlite3.connect(folder / "db")
    database.execute("create table events (line text)")
    database.commit()
    database.close()
    content = (folder / "db").read_bytes()
    (folder / "db").unlink()
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "data/input/a.log: no such file"),
        (b"", "data/input/a.log: empty, expected lines of text"),
        (gzip.compress(LINE * 5000)[:-20], "data/input/a.log: truncated or damaged gzip"),
        (PNG, "data/input/a.log: expected lines of text, found binary data beginning b'\\x89PNG"),
        (sqlite_file, "found binary data beginning b'SQLite format 3"),
        (
            lambda _: gzip.compress(LINE * 2**18),
            "data/input/a.log: unpacks to over 200 times its size",
        ),
    ],
    ids=["missing", "empty", "truncated", "picture", "database", "bomb"],
)
def test_a_file_that_is_no_log_is_refused(project, refused, content, message):
    set_params(project, {"ingest.source": "files", "ingest.files.events": ["data/input/a.log"]})
    if content is not None:
        content = content(project) if callable(content) else content
        (project / "data/input/a.log").write_bytes(content)
    code, said = refused("ingest")
    assert code == 3
    assert message in said


def test_a_folder_without_data_is_refused(project, refused):
    set_params(project, {"ingest.source": "files"})
    assert refused("ingest") == (
        3,
        "ingest: data/input: a folder without data, expected *.log or *.log.gz below it\n",
    )


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        ("../../evil", b"x", "'../../evil' points outside the archive: refused"),
        ("ratings.csv", b"0" * 2**26, "'ratings.csv' unpacks to over 200 times its size"),
    ],
    ids=["traversal", "bomb"],
)
def test_a_dangerous_zip_is_refused(project, refused, member, content, message):
    with zipfile.ZipFile(project / "data/input/a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ratings.dat", b"1::1::3::978300760\n")
        archive.writestr("movies.dat", b"1::M (1999)::Drama\n")
        archive.writestr(member, content)
    set_params(project, {"ingest.source": "movielens", "ingest.movielens.path": "data/input/a.zip"})
    code, said = refused("ingest")
    assert code == 3
    assert message in said


def test_a_truncated_zip_is_refused(project, refused):
    (project / "data/input/a.zip").write_bytes(b"PK\3\4" + os.urandom(500))
    set_params(project, {"ingest.source": "movielens", "ingest.movielens.path": "data/input/a.zip"})
    assert refused("ingest") == (
        3,
        "ingest: data/input/a.zip: expected a folder or a zip, found neither, or a damaged one\n",
    )


@pytest.fixture
def ingested(project: Path) -> Callable[[Iterator[str]], None]:
    """Put the snapshot of a log without metadata in the place of the simulated one."""

    def ingested(lines: Iterator[str]) -> None:
        path = project / "data/input/own.log"
        path.write_text("".join(f"{line}\n" for line in lines))
        set_params(project, {"ingest.source": "files", "ingest.files.events": [str(path)]})
        shutil.rmtree(project / "data/raw")
        params = load_params(project / "params.yaml").ingest
        write_snapshot(params, project / "data/input", project / "data/raw", pytest.fail)

    return ingested


def ratings(users: int, movies: int, *, days: int = 20, each: int | None = None) -> Iterator[str]:
    for user in range(1, users + 1):
        for i in range(each or movies):
            movie = (user * 7 + i) % movies
            day, value = (user * 3 + i * 5) % days + 1, (user + movie) % 5 + 1
            yield f"2025-01-{day:02}T10:{i % 60:02}:01,{user},GET /rate/m{movie}+1999={value}"


def test_a_log_of_another_grammar_is_refused_with_examples_by_reason(ingested, refused):
    ingested(f"10.0.0.7 - - [10/Oct/2025] /a{i}, 200, 23" if i % 2 else "hello" for i in range(50))
    code, said = refused("clean", lines=7)
    assert code == 3
    assert said.startswith("clean: 50 of 50 lines are no events, more than")
    assert re.search(r"fields: 25\n.*byte 0: hello\n", said)
    assert re.search(r"timestamp: 25\n.*byte 6: 10\.0\.0\.7 - - ", said)


def test_users_without_metadata_are_recommended_to_and_judged_all_the_same(
    project, ingested, passes
):
    ingested(ratings(users=60, movies=30, each=12))
    for stage in STAGES:
        passes(stage)
    assert (project / "data/reports/model_card.md").read_text()


@pytest.mark.parametrize("size", [{"users": 1, "movies": 30}, {"users": 30, "movies": 1}])
def test_one_user_or_one_movie_is_too_few(project, ingested, refused, size):
    ingested(ratings(**size))
    code, said = refused("clean")
    assert code == 3
    assert re.search("number of (users|movies) in train is 1, expected at least 2", said)


def test_a_split_that_leaves_no_rows_to_test_on_is_refused(project, ingested, refused):
    ingested(ratings(users=30, movies=20, each=3))
    set_params(project, {"clean.split.method": "per_user", "clean.split.test": 0.01})
    code, said = refused("clean")
    assert code == 3
    assert re.search("leaves no (test|validation) rows", said)


@pytest.mark.parametrize(
    ("stage", "change", "message"),
    [
        ("ingest", {"clean.max_quarantined_share": 1.5}, "= 1.5: expected less than or equal to 1"),
        ("clean", {"train.svd.factors": 0}, "= 0: expected greater than or equal to 1"),
        ("train", {"train.svd.factors": "ten"}, "= 'ten': expected a valid integer"),
        ("evaluate", {"evaluate.min_user": 3}, ": unknown key"),
        ("fairness", {"fairness.min_group": 2.5}, "= 2.5: expected a valid integer"),
    ],
)
def test_a_wrong_parameter_is_refused_by_every_stage(project, refused, stage, change, message):
    set_params(project, change)
    code, said = refused(stage)
    assert code == 2
    assert said.startswith(f"{stage}: params.yaml: {next(iter(change))}")
    assert message in said


def test_a_number_as_dvc_writes_it_is_a_number(project, passes):
    set_params(project, {"train.svd.learning_rate": 0.123456})
    text = (project / "params.yaml").read_text()
    assert text.count("0.123456") == 1
    (project / "params.yaml").write_text(text.replace("0.123456", "1e-05"))
    passes("train")


@pytest.mark.parametrize("stage", STAGES)
def test_a_file_that_may_not_grow_is_said_in_one_line(refused, stage):
    code, said = refused(stage, "sh", "-c", 'ulimit -f 1; exec "$@"', "-")
    assert code == 1
    assert re.search("File too large|requested and .* written", said)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk that is small enough")
def test_a_full_disk_is_said_in_one_line(project, refused):
    shutil.move(project / "data", project / "kept")
    (project / "data").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(project / "data")]
    subprocess.run(mount, check=True)
    try:
        shutil.copytree(project / "kept", project / "data", dirs_exist_ok=True)
        free = shutil.disk_usage(project / "data").free
        (project / "data/ballast").write_bytes(bytes(free - 2**16))
        code, said = refused("ingest")
    finally:
        subprocess.run(["umount", str(project / "data")], check=True)
    assert code == 1
    assert "No space left on device" in said


def holds_a_file(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupted_stage_leaves_all_as_it_was(project, commands, stage, number):
    begun = dict.fromkeys(STAGES, Path.is_dir) | dict.fromkeys(("ingest", "clean"), holds_a_file)
    before = contents(project)
    with subprocess.Popen(
        commands[stage], cwd=project, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    ) as process:
        while not any(map(begun[stage], project.rglob("*.partial-*"))):
            assert process.poll() is None, "the stage ended before it began"
            time.sleep(0.005)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, f"{stage}: interrupted; no output is half-written\n")
    assert contents(project) == before
    assert not list(project.rglob("*.partial-*"))
