"""What a database has had must never change: the checksums of all migrations are committed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from marquee.telemetry.migrations import Engine, monitoring_folder, pending, read_migrations

FROZEN = Path(__file__).with_name("migrations.sha256")


def test_migrations_are_what_they_were_when_they_were_committed(root: Path) -> None:
    found = read_migrations(root / "monitoring/migrations")
    lines = [f"{migration.sha256}  {migration.name}" for migration in found]
    assert lines == FROZEN.read_text().splitlines(), (
        f"a change to the database is a new migration, with its line in {FROZEN.name}"
    )


def test_migrations_are_numbered_from_one_and_of_an_engine_once_each(root: Path) -> None:
    found = read_migrations(root / "monitoring/migrations")
    of_engines = [migration.number for engine in Engine for migration in pending(found, [], engine)]
    numbers = sorted(set(of_engines))
    assert numbers == sorted(set(numbers))


def test_the_checkout_uses_its_own_sql(root: Path) -> None:
    assert monitoring_folder() == root / "monitoring"


@pytest.mark.slow
def test_the_wheel_carries_the_sql(root: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {
        name.removeprefix("marquee/monitoring/")
        for name in zipfile.ZipFile(wheel).namelist()
        if name.startswith("marquee/monitoring/")
    }
    folder = root / "monitoring"
    assert packed >= {str(path.relative_to(folder)) for path in folder.rglob("*.sql")}
