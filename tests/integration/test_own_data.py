"""A table of one's own, from ``marquee init`` to the model card, with the real DVC."""

import csv
import json
import random
import shutil
from pathlib import Path

import pytest

from marquee.experiments.project import ignored_below

from ..shell import attempt, commit, run


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """The files of this checkout, changed ones too, in a repository of their own."""
    folder = tmp_path / "project"
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=root)
    for name in names.splitlines():
        if (root / name).is_file() and not name.startswith(("tests/", "dashboards/", "docs/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)
    run("git", "init", "--quiet", folder=folder)
    commit("project", folder)
    return folder


def write_ratings(path: Path) -> None:
    """Write ratings of two tastes, with ids that are no numbers and times in ISO 8601."""
    rng = random.Random(1)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["user_id", "item_id", "stars", "created_at"])
        for user in range(150):
            for movie in rng.sample(range(60), 20):
                stars = rng.choice([4, 4.5, 5] if (user - movie) % 2 == 0 else [1, 2, 2.5])
                day, hour = rng.randrange(1, 29), rng.randrange(24)
                out.writerow(
                    [f"u-{user:03}", f"tt{movie:07}", stars, f"2024-02-{day:02}T{hour:02}:00:00Z"]
                )


def changed(project: Path, stage: str) -> str:
    status = json.loads(run("dvc", "status", "--json", stage, folder=project) or "{}")
    return json.dumps(status.get(stage, []))


@pytest.mark.slow
def test_a_table_of_ratings_ends_in_a_model_card(project: Path, tmp_path: Path) -> None:
    write_ratings(tmp_path / "mine.csv")
    said = run("marquee", "init", str(tmp_path / "mine.csv"), folder=project)
    assert "columns    user=user_id, movie=item_id, rating=stars" in said
    assert run("git", "diff", "--numstat", "params.yaml", folder=project).split()[:2] == ["2", "2"]
    run("dvc", "repro", folder=project)
    report = json.loads((project / "data/reports/ingest.json").read_text())
    assert (report["source"], report["lines"]) == ("ratings", 3000)
    assert report["rating_scale"] == {"min": 1.0, "max": 5.0, "step": 0.5}
    assert report["read_as"]["mine.csv"]["times"] == "ISO 8601"
    assert (project / "data/reports/model_card.md").read_text()
    assert "data/input" not in changed(project, "ingest")

    with (project / "data/input/mine.csv").open("a") as file:
        file.write("u-001,tt0000001,5,2024-02-28\n")
    assert '"data/input": "modified"' in changed(project, "ingest")


def test_a_path_that_dvc_does_not_watch_is_refused_by_the_stage(
    project: Path, tmp_path: Path
) -> None:
    write_ratings(tmp_path / "mine.csv")
    params = project / "params.yaml"
    text = params.read_text().replace("source: simulator", "source: ratings")
    params.write_text(text.replace("    paths: null", f"    paths: {tmp_path / 'mine.csv'}"))
    done = attempt("dvc", "repro", "ingest", folder=project)
    assert done.returncode != 0
    assert f"ingest: {tmp_path / 'mine.csv'}: outside data/input, so DVC would not" in done.stderr
    command = f"dvc import-url {tmp_path / 'mine.csv'} data/input/mine.csv"
    assert f"`{command}`" in done.stderr
    run(*command.split(), folder=project)
    params.write_text(text.replace("    paths: null", "    paths: data/input/mine.csv"))
    run("dvc", "repro", "ingest", folder=project)
    # A sweep copies what no clone has.
    assert ignored_below(project, "data/input") == ["data/input/mine.csv"]
