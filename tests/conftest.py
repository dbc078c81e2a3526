"""What every test may ask for."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

from .example import write_example
from .servers import (  # noqa: F401
    database,
    kafka,
    migrated,
    own_kafka,
    own_postgres,
    postgres,
    timescale,
    timescale_database,
    timescale_server,
    topic,
)
from .shell import run

# A shell that runs the tests in the background lets them ignore interrupts, and so what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ``params.yaml`` of fixed values: the workspace may hold any experiment."""
    folder = tmp_path_factory.mktemp("example")
    write_example(ROOT / "params.yaml", folder / "params.yaml")
    return folder


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed: reports and parameters that belong together."""
    folder = tmp_path_factory.mktemp("committed") / "project"
    run("git", "clone", "--quiet", str(ROOT), str(folder))
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real events and ratings that stand beside the checkout; skips where they do not."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            "the folder shared/data beside the checkout is missing: no real data to test on"
        )
    return folder
