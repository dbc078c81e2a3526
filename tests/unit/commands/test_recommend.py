"""``marquee recommend`` prints one user's list."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

import marquee
from marquee.cli import cli
from marquee.commands.recommend import _scores
from marquee.errors import ModelError

from ..api.frames import MOVIES, small_frame


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    marquee.fit(small_frame(), movies=MOVIES).save(tmp_path / "model")
    return tmp_path / "model"


def recommend(*arguments: object) -> str:
    found = CliRunner().invoke(cli, ["recommend", *map(str, arguments)], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_it_says_who_recommends_and_lists_titles_and_scores(folder: Path) -> None:
    said = recommend(9, "--n", 2, "--model", folder)

    assert said.splitlines() == [
        "For user 9, by user_knn, fitted on train: 4 users, 5 movies",
        "",
        "   title  year  genres       score",
        "1  Clue   1985              0.2648",
        "2  Alien  1979  Horror, SF  0.2577",
    ]


def test_with_why_each_movie_has_its_reason_below_it(folder: Path) -> None:
    said = recommend(1, "--why", "--model", folder).splitlines()

    reason = marquee.load(folder).explain(1, "duel")
    assert " ".join(line.strip() for line in said).count(str(reason)) == 1
    assert max(map(len, said)) <= 80


def test_an_unknown_user_is_told_that_the_list_is_the_popular_one(folder: Path) -> None:
    said = recommend("somebody", "--n", 1, "--model", folder).splitlines()

    assert said[:3] == [
        "The most popular movies: the model does not know this user",
        "(user_knn, fitted on train: 4 users, 5 movies)",
        "",
    ]
    (title,) = marquee.load(folder).recommend("somebody", n=1)["title"]
    assert said[-1].startswith(f"1  {title}  ")


def test_scores_that_are_whole_have_no_decimals_and_others_four() -> None:
    assert _scores([1235.0, 3.0]) == ["1,235", "3"]
    assert _scores([3.0, 0.25]) == ["3.0000", "0.2500"]


def test_popularity_says_that_it_has_one_list_for_everyone(tmp_path: Path) -> None:
    marquee.fit(small_frame(), "popularity").save(tmp_path / "model")

    said = recommend(1, "--model", tmp_path / "model")

    assert said.startswith("The most popular movies: the model has one list for everyone\n")


def test_as_json_it_has_ids_and_the_reasons(folder: Path) -> None:
    said = json.loads(recommend(1, "--why", "--json", "--model", folder))

    assert said | {"recommendations": []} == {
        "user_id": 1,
        "model": "user_knn",
        "fit_on": "train",
        "personalised": True,
        "recommendations": [],
    }
    by_id = {row["movie_id"]: row for row in said["recommendations"]}
    assert by_id["duel"]["year"] is None
    assert (by_id["duel"]["genres"], by_id["elf"]["title"]) == ([], "elf")
    assert by_id["duel"]["why"].startswith("1 of the users most like this one met it")


@pytest.mark.parametrize(("user", "personalised"), [("u1", True), ("1", False)])
def test_users_may_be_strings(user: str, personalised: bool, tmp_path: Path) -> None:
    frame = small_frame()
    frame["user_id"] = "u" + frame["user_id"].astype(str)
    marquee.fit(frame).save(tmp_path / "model")

    said = json.loads(recommend(user, "--json", "--model", tmp_path / "model"))

    assert (said["user_id"], said["personalised"]) == (user, personalised)


LONG = {
    "genres": ("Alien", "|".join(f"Genre {n}" for n in range(20))),
    "title": ("Alien " * 30, "Horror"),
    "both": ("Alien " * 30, "|".join(f"Genre {n}" for n in range(20))),
    "wide letters": ("異星人" * 20, "|".join(["恐怖"] * 20)),
    "a command to the terminal": ("Alien\x1b[31m", "SF"),
}


@pytest.mark.parametrize(("title", "genres"), LONG.values(), ids=LONG)
def test_a_line_fits_whatever_a_movie_is_called_and_no_number_is_cut(
    title: str, genres: str, tmp_path: Path
) -> None:
    ids = small_frame()["movie_id"].unique()
    movies = pd.DataFrame({"movie_id": ids, "title": title, "year": 1979, "genres": genres})
    marquee.fit(small_frame(), movies=movies).save(tmp_path / "model")

    said = recommend(404, "--n", 1, "--model", tmp_path / "model")
    reasons = recommend(1, "--why", "--model", tmp_path / "model")

    assert title[:5].strip() in reasons
    assert max(map(cell_len, [*said.splitlines(), *reasons.splitlines()])) <= 80
    (row,) = [line for line in said.splitlines() if line.startswith("1  ")]
    assert "  1979  " in row
    assert re.search(r"  \d+(\.\d{4})?$", row)
    assert "\x1b" not in said + reasons
    if len(title) < 10:
        assert row.startswith(f"1  {title}  ")


def test_no_model_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    arguments = ["recommend", "1", "--model", str(tmp_path / "none")]

    found = CliRunner().invoke(cli, arguments, standalone_mode=False)

    assert isinstance(found.exception, ModelError)
    assert "`make repro` fits one" in str(found.exception)
