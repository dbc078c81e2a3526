import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from marquee.provenance.trace import trace_model
from marquee.provenance.verification import Verified, verify

from ...shell import run
from .conftest import pin_another_pytest

MODEL = Path("data/model")


def test_an_untouched_project_is_as_recorded(project: Path) -> None:
    assert verify(trace_model(MODEL)) == Verified(paths=5, parameters=2, parts=1, libraries=1)


def replace(path: str, old: str, new: str) -> Callable[[], None]:
    def tamper() -> None:
        file = Path(path)
        text = file.read_text()
        assert old in text
        file.unlink()
        file.write_text(text.replace(old, new, 1))

    return tamper


def same_size(path: str) -> Callable[[], None]:
    return replace(path, "1", "2")


TAMPERINGS = {
    "code": (replace("code/train.py", "64", "65"), "code: found md5"),
    "code that is gone": (Path("code/deeper/é.py").unlink, "code: found md5"),
    "a file more": (Path("code/new.py").touch, "code: found md5 .* in 4 files, .* in 3 files"),
    "the dependency lock": (same_size("requirements.lock"), "requirements.lock: found md5"),
    "a parameter": (
        replace("params.yaml", "seed: 1", "seed: 2"),
        r"params.yaml: ingest.seed: found 2, dvc.lock records 1",
    ),
    "a parameter less": (
        replace("params.yaml", "rate: 1e-05, ", ""),
        "params.yaml: train.rate: found nothing, dvc.lock records 1e-05",
    ),
    "a parameter more": (
        replace("params.yaml", "seed: 1", "seed: 1, new: 2"),
        "params.yaml: ingest.new: found 2, dvc.lock records nothing",
    ),
    "a section less": (
        replace("params.yaml", "train:", "trail:"),
        "params.yaml: train: found nothing",
    ),
    "parameters that are no YAML": (
        replace("params.yaml", "{", "["),
        "params.yaml: ",
    ),
    "no parameters": (Path("params.yaml").unlink, "params.yaml: .*No such file"),
    "an event": (
        same_size("data/raw/events-00000.log"),
        "data/raw/events-00000.log: found sha256 .* its manifest records sha256",
    ),
    "events that are gone": (
        Path("data/raw/events-00000.log").unlink,
        "data/raw/events-00000.log: found nothing",
    ),
    "the manifest": (
        replace("data/raw/manifest.json", "simulator", "simulated"),
        "data/raw: found md5",
    ),
    "a report": (replace("report.json", "{}", "[]"), "report.json: found md5"),
    "no report": (Path("report.json").unlink, "report.json: found nothing, dvc.lock records md5"),
    "a recorded size": (
        replace("dvc.lock", "size: 211", "size: 311"),
        "data/raw: found md5 .*, 211 bytes in 2 files, dvc.lock records md5 .*, 311 bytes",
    ),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_the_first_difference_is_named(project: Path, kind: str) -> None:
    tamper, message = TAMPERINGS[kind]
    tamper()
    assert re.match(message, verify(trace_model(MODEL)).differences[0])


def test_a_library_installed_in_another_version_is_named(project: Path) -> None:
    pin_another_pytest()
    run("dvc", "repro", "--quiet")
    assert verify(trace_model(MODEL)).differences == (
        f"pytest: found {pytest.__version__} installed, requirements.lock pins 0.1",
    )


def test_a_recorded_digest_that_was_changed_is_named(project: Path) -> None:
    lock = Path("dvc.lock").read_text()
    path, md5 = re.findall(r"path: (data/raw)\n *hash: md5\n *md5: (\w+)", lock)[0]
    replace("dvc.lock", md5, md5[::-1])()
    (difference,) = verify(trace_model(MODEL)).differences
    assert difference.startswith(f"{path}: found md5 {md5}")


def test_the_model_where_the_lock_has_it_is_verified_though_a_copy_is_traced(
    project: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(MODEL, tmp_path / "published")
    replace("data/model/config.json", "{}", "[]")()
    (difference,) = verify(trace_model(copy)).differences
    assert difference.startswith("data/model: found md5")


def test_every_difference_is_named_once(project: Path) -> None:
    replace("code/train.py", "64", "65")()
    replace("report.json", "{}", "[]")()
    found = verify(trace_model(MODEL)).differences
    assert [difference.partition(":")[0] for difference in found] == ["code", "report.json"]
