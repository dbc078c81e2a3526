"""``marquee telemetry deploy``: which model answers from when."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marquee.cli import cli
from marquee.errors import DatabaseError
from marquee.provenance.digest import digest_path

from ...unit.service.test_load import lock
from .stored import query


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The digest of a model that the dvc.lock here recorded."""
    monkeypatch.chdir(tmp_path)
    Path("model").mkdir()
    Path("model/model.npz").write_bytes(b"factors")
    digest = digest_path(Path("model"), Path())
    assert digest
    lock(Path("model"), digest.md5)
    return digest.md5


def deploy(dsn: str) -> Result:
    arguments = ["telemetry", "deploy", "treatment", "--model", "model"]
    return CliRunner().invoke(cli, arguments, env={"MARQUEE_DSN": dsn})


def test_a_deploy_is_recorded(migrated: str, version: str) -> None:
    assert deploy(migrated).stdout == f"treatment answers with model {version[:12]} ({version})\n"
    columns = "model_version, variant, provenance_digest"
    assert query(migrated, f"SELECT {columns} FROM report.model_deploy") == [
        (version[:12], "treatment", version)
    ]


@pytest.mark.usefixtures("version")
def test_a_database_that_was_not_migrated_is_said(database: str) -> None:
    error = deploy(database).exception
    assert isinstance(error, DatabaseError)
    assert "run `marquee telemetry migrate`" in str(error)
