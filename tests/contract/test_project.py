"""What is committed depends on no machine and no registry."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from ..shell import run

ROOT = Path(__file__).resolve().parents[2]


def committed() -> list[Path]:
    names = run("git", "ls-files", "-z", folder=ROOT).split("\0")
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.parametrize("name", ["requirements.lock", "dvc.lock"])
def test_lock_files_hold_no_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()


def test_every_pinned_library_has_a_hash() -> None:
    pins = re.split(r"^(?=[a-z])", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)[1:]
    assert pins
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_every_declared_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = list(chain(project["dependencies"], *project["optional-dependencies"].values()))
    names = {re.split(r"[<>=\[; ]", one)[0].replace(".", "-").lower() for one in declared}
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert names - pinned == set()


def test_no_file_names_a_path_of_one_machine() -> None:
    place = re.compile(rb"(^|[^A-Za-z0-9_.])/(?:work|root|home|Users)/", re.MULTILINE)
    assert [
        path for path in committed() if path.is_file() and place.search(path.read_bytes())
    ] == []


def test_committed_files_are_small() -> None:
    assert [path for path in committed() if path.stat().st_size > 1 << 20] == []


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_contributing_names_the_rooms_in_the_order_that_is_enforced() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    chain = re.findall(r"^`__main__` .*?\.", CONTRIBUTING, re.MULTILINE | re.DOTALL)[0]
    assert re.findall(r"`([^`]+)`", chain) == linter["contracts"][0]["layers"]


def test_every_path_that_contributing_names_is_there() -> None:
    named = re.findall(r"`([a-z]\w*(?:/[\w.]+)+/?|\w+\.(?:py|yaml|lock))`", CONTRIBUTING)
    linked = re.findall(r"\]\(([^)]+)\)", CONTRIBUTING)
    files = [str(path.relative_to(ROOT)) for path in committed()]
    placed = [name for name in named if not re.search(r"/[A-Z]+\.py$", name)]
    assert len(placed) > 15
    assert [
        name
        for name in [*placed, *linked]
        if not any(f"/{file}".endswith(f"/{name}") or f"/{name.rstrip('/')}/" in f"/{file}"
                   for file in files)
    ] == []  # fmt: skip


def test_the_makefile_describes_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = makefile.partition(".PHONY:")[2].replace("\\", " ").split()
    described = re.findall(r"^ *make ([a-z-]+) +\S", run("make", "help", folder=ROOT), re.MULTILINE)
    assert sorted(described) == sorted(phony)


def test_the_list_of_targets_fits_80_columns() -> None:
    lines = run("make", "help", folder=ROOT).splitlines()
    assert [line for line in lines if len(line) > 80] == []
