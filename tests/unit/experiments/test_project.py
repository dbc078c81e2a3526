import os
from pathlib import Path

from marquee.experiments.project import ignored_below

from ...shell import run


def test_what_git_ignores_has_its_own_name_whatever_its_letters(tmp_path: Path) -> None:
    names = ["mine.csv", "é ü.csv", "two\nlines.csv", os.fsdecode(b"caf\xe9.csv")]
    (tmp_path / "data/input").mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("/data/input\n")
    for name in names:
        (tmp_path / "data/input" / name).touch()
    run("git", "init", "--quiet", folder=tmp_path)
    assert ignored_below(tmp_path, "data/input") == ["data/input"]

    (tmp_path / ".gitignore").write_text("*.csv\n")
    (tmp_path / "data/input/kept.txt").touch()
    assert set(ignored_below(tmp_path, "data/input")) == {f"data/input/{name}" for name in names}
