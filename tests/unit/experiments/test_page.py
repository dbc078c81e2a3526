from pathlib import Path

import pytest
from dvc.config import Config

from marquee.experiments.page import install, offline_page


@pytest.fixture
def dvc_dir(tmp_path: Path) -> Path:
    (tmp_path / ".dvc").mkdir()
    return tmp_path / ".dvc"


def test_the_page_has_the_places_that_dvc_fills_and_no_script_from_elsewhere() -> None:
    page = offline_page()

    assert page.count("{plot_divs}") == 1
    assert page.count("{refresh_tag}") == 1
    assert "{scripts}" not in page
    assert "<script src" not in page
    assert page.count("</script>") == 1


def test_installing_names_the_page_in_the_local_configuration(dvc_dir: Path) -> None:
    (dvc_dir / "config.local").write_text(
        "[plots]\n    auto_open = false\n[core]\n    check_update = false\n"
    )

    page = install(dvc_dir)
    config = Config(str(dvc_dir)).load_one("local")
    assert dvc_dir / config["plots"]["html_template"] == page
    assert "auto_open" in config["plots"]
    assert "core" in config


def test_installing_twice_changes_nothing(dvc_dir: Path) -> None:
    install(dvc_dir)
    before = {path.name: path.read_bytes() for path in dvc_dir.iterdir()}

    install(dvc_dir)
    assert {path.name: path.read_bytes() for path in dvc_dir.iterdir()} == before
