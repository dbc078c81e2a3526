"""The demo as a newcomer runs it, on a small pipeline's outputs."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from ruamel.yaml import YAML

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.drift import NO_REFERENCE
from marquee.ingest.sources import write_snapshot
from marquee.models.registry import fit_model
from marquee.params import parse_params, read_yaml
from marquee.provenance.digest import digest_path
from marquee.tables.clean import clean
from marquee.tables.interactions import read_interactions

from ...shell import ENVIRONMENT

PLATFORM = {"users": 300, "movies": 100, "lines": 60_000, "days": 20}
ROOM = "room"
"""The folder for temporary files, in the pipeline's."""


@pytest.fixture(scope="module")
def pipeline(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what ``make repro`` leaves in the project's."""
    folder = tmp_path_factory.mktemp("pipeline")
    values = read_yaml(root / "params.yaml")
    values["ingest"]["simulator"] |= PLATFORM
    with (folder / "params.yaml").open("w") as file:
        YAML().dump(values, file)
    params, data = parse_params(values, where="here"), folder / "data"
    data.mkdir()
    write_snapshot(params.ingest, folder, data / "raw", pytest.fail)
    clean(params.clean, raw=data / "raw", tables=data / "tables", plots=folder / "plots")
    fit_model(read_interactions([data / "tables/train.parquet"]), params.train).save(data / "model")
    record(folder, values["ingest"])
    return folder


def record(folder: Path, ingest: object) -> None:
    digest = digest_path(folder / "data/model", folder)
    assert digest is not None
    outs = [{"path": "data/model", "hash": "md5", "md5": digest.md5, "size": 1, "nfiles": 1}]
    train = {"cmd": "train", "params": {"params.yaml": {"ingest": ingest}}, "outs": outs}
    lock = {"schema": "2.0", "stages": {"train": train}}
    with (folder / "dvc.lock").open("w") as file:
        YAML().dump(lock, file)


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    (folder / ROOM).mkdir(exist_ok=True)
    process = subprocess.Popen(
        ["marquee", "demo", *options],
        cwd=folder,
        env=ENVIRONMENT | {"PYTHONUNBUFFERED": "1", "TMPDIR": str(folder / ROOM)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def expect_over(said: str, folder: Path) -> None:
    """Check that a last report and a page stand at the end, and that nothing else is left."""
    sent = re.search(r"^([\d,]+) lines sent, each of them in the database once$", said, re.M)
    committed = re.findall(r"^lines: ([\d,]+),", said, re.M)
    assert sent, said
    assert int(sent[1].replace(",", "")) > 100
    assert committed[-1] == sent[1]
    page = folder / "preview.html"
    assert f"the dashboards as they were at the end: {page.as_uri()}" in said
    text = page.read_text()
    assert text.count("<section") == len(all_dashboards())
    assert "The query failed" not in text
    assert "location.reload" not in text
    assert NO_REFERENCE not in text
    assert "look around" not in said[said.rindex("watermark: ") :]
    assert not list((folder / ROOM).iterdir())
    servers = psutil.process_iter(["cwd"])
    assert [p for p in servers if (p.info["cwd"] or "").startswith(str(folder / ROOM))] == []


def test_a_demo_of_some_seconds_ends_by_itself_with_the_figures_of_both_variants(
    pipeline: Path, kafka: str
) -> None:
    with demo(pipeline, "--seconds", "12", "--speed", "5000") as process:
        said, complained = process.communicate(timeout=180)
    assert process.returncode == 0, complained
    expect_over(said, pipeline)
    figures = {
        name.strip(): values
        for name, *values in (re.split(r"  +", line) for line in said.splitlines())
        if values
    }
    assert figures[""] == ["popularity", "user_knn"]
    for name in ("requests", "hit-rate, mature", "latency p50, ms", "latency p99, ms"):
        assert len(figures[name]) == 2
        assert all(re.match(r"[\d,.]+", value) for value in figures[name])
    assert all(float(value) < 100 for value in figures["latency p50, ms"])
    assert said.count("latency: measured, of the model in this process") == 1


def test_an_interrupt_ends_a_demo_with_a_last_report(pipeline: Path, kafka: str) -> None:
    with demo(pipeline) as process:
        assert process.stderr
        for line in process.stderr:
            if line == "people come\n":
                break
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGINT)
        said, complained = process.communicate(timeout=120)
    assert process.returncode == 0, complained
    assert complained == ""
    expect_over(said, pipeline)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_writer(demo: int) -> None:
    for guard in children(demo):
        if b"telemetry" in Path(f"/proc/{guard}/cmdline").read_bytes():
            (writer,) = children(guard)
            os.kill(writer, signal.SIGKILL)


def test_a_writer_that_dies_ends_a_demo_and_is_named(pipeline: Path, kafka: str) -> None:
    with demo(pipeline) as process:
        assert process.stderr
        for line in process.stderr:
            if line == "people come\n":
                break
        kill_writer(process.pid)
        _, complained = process.communicate(timeout=120)
    assert process.returncode == 1
    assert complained.startswith("marquee: The telemetry writer ended by itself: ")
    assert complained.count("\n") == 1


def test_people_whom_the_model_was_not_trained_on_are_not_played(
    pipeline: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(pipeline, tmp_path / "changed")
    values = read_yaml(folder / "params.yaml")
    values["ingest"]["simulator"]["movies"] += 1
    with (folder / "params.yaml").open("w") as file:
        YAML().dump(values, file)
    with demo(folder) as process:
        _, complained = process.communicate(timeout=60)
    assert process.returncode == 2
    assert complained.endswith(
        "marquee: params.yaml: ingest.simulator is not what data/model was trained on; `make repro`"
        " trains it anew\n"
    )


def test_a_pipeline_that_never_ran_is_said(root: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((root / "params.yaml").read_text())
    with demo(tmp_path) as process:
        _, complained = process.communicate(timeout=60)
    assert process.returncode == 4
    assert complained.endswith(
        "marquee: data/model: no model there; dvc checkout or dvc repro brings it back\n"
    )
