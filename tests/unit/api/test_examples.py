"""The programs of ``examples/`` run as they stand."""

from pathlib import Path

import pytest

from ...shell import run

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.py"))
SAID = {
    "recommend.py": [
        "<marquee.Model user_knn: 200 users, 30 movies, fitted on train>",
        "Why Comedy 9? 17 of the users most like this one met it; shared with them: Comedy 4 (38%)",
        "Somebody new gets what is popular:",
    ]
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs_and_says_what_it_shows(example: Path, tmp_path: Path) -> None:
    found = run("python", str(example), folder=tmp_path)

    assert [line for line in SAID[example.name] if line not in found] == []
