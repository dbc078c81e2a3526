from pathlib import Path

import numpy as np
import pytest

from marquee.artifacts import write_json
from marquee.errors import DataError, ParameterError
from marquee.evaluation.relevance import Relevance, read_relevance

STARS, HALVES, TEN, LIKES = (1, 5, 1), (0.5, 5, 0.5), (1, 10, 1), (0, 1, 1)


def relevance(folder: Path, scale: tuple[float, float, float], asked: float | str) -> Relevance:
    names = dict(zip(("min", "max", "step"), scale, strict=True))
    write_json(folder / "ratings.json", {"scale": names, "rows": 1})
    return read_relevance(folder, asked)


@pytest.mark.parametrize(
    ("scale", "asked", "rating"),
    [
        (STARS, "75%", 4),
        (HALVES, "75%", 4),
        (TEN, "75%", 8),
        (LIKES, "75%", 1),
        (STARS, "0%", 1),
        (STARS, "100%", 5),
        (HALVES, "66.7%", 4),
        ((0, 10, 1), "70%", 7),
        ((0, 1, 0.1), "70%", 0.7),
        ((0, 100 - 0.01, 0.01), "50%", 50),
    ],
)
def test_a_share_is_the_next_rating_of_the_scale(
    tmp_path: Path, scale: tuple[float, float, float], asked: str, rating: float
) -> None:
    assert relevance(tmp_path, scale, asked).min_rating == rating


def test_every_share_gives_a_rating_of_the_scale_at_or_above_it(tmp_path: Path) -> None:
    ratings = [0.5 * step for step in range(1, 11)]
    for percent in range(101):
        found = relevance(tmp_path, HALVES, f"{percent}%").min_rating
        expected = min(one for one in ratings if one >= 0.5 + 4.5 * percent / 100 - 1e-9)
        assert found == expected


@pytest.mark.parametrize("rating", [1, 3.5, 4, 5])
def test_a_number_is_that_rating(tmp_path: Path, rating: float) -> None:
    assert relevance(tmp_path, STARS, rating).min_rating == rating


@pytest.mark.parametrize("rating", [0, 0.5, 5.5, 8, -4])
def test_a_number_outside_the_scale_is_refused(tmp_path: Path, rating: float) -> None:
    message = rf"evaluate.min_relevant_rating = {rating:g}: expected a rating of the scale 1 to 5"
    with pytest.raises(ParameterError, match=message):
        relevance(tmp_path, STARS, rating)


@pytest.mark.parametrize(
    ("scale", "asked", "label"),
    [
        (STARS, "75%", "rated 4 or above, 75 % of the scale 1 to 5"),
        (STARS, 4, "rated 4 or above, 75 % of the scale 1 to 5"),
        (HALVES, 4, "rated 4 or above, 77.8 % of the scale 0.5 to 5"),
        (HALVES, "75%", "rated 4 or above, 75 % of the scale 0.5 to 5"),
    ],
)
def test_the_label_says_the_rating_and_its_place_on_the_scale(
    tmp_path: Path, scale: tuple[float, float, float], asked: float | str, label: str
) -> None:
    assert relevance(tmp_path, scale, asked).label == label


def test_a_rating_that_float32_rounds_down_is_relevant_all_the_same(tmp_path: Path) -> None:
    given = np.array([0.6, 0.7, 0.8, np.nan], np.float32)
    found = relevance(tmp_path, (0, 1, 0.1), "70%").of(given)
    assert found.tolist() == [False, True, True, False]


@pytest.mark.parametrize("asked", ["75%", 4, 8])
def test_without_any_rating_every_interaction_is_relevant(
    tmp_path: Path, asked: float | str
) -> None:
    about = {"scale": {"min": 1, "max": 5, "step": 1}, "rows": 0}
    write_json(tmp_path / "ratings.json", about)
    found = read_relevance(tmp_path, asked)
    assert found == Relevance(None, "every interaction: the data has no ratings")
    assert found.of(np.array([np.nan, np.nan], np.float32)).tolist() == [True, True]


def test_tables_without_a_scale_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ratings\.json: no such file"):
        read_relevance(tmp_path, "75%")
