import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from marquee.events import Rating, make_movie_id, parse_line
from marquee.simulation.movies import make_catalogue, movie_rows
from marquee.simulation.titles import title

CATALOGUE = make_catalogue(1, 27_000, 2025)


def test_27000_movies_have_ids_of_their_own() -> None:
    assert len(set(CATALOGUE.ids)) == 27_000


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_titles_stay_apart_in_catalogues_of_any_size(seed: int) -> None:
    assert len({make_movie_id(title(number, seed), 2000) for number in range(120_000)}) == 120_000


def test_every_id_is_of_the_grammar() -> None:
    for movie_id in CATALOGUE.ids[:5_000]:
        event = parse_line(f"2025-01-01T00:00:01,1,GET /rate/{movie_id}=3".encode())
        assert isinstance(event, Rating)
        assert event.movie_id == movie_id


def test_odd_titles_occur() -> None:
    assert any("*" in movie_id for movie_id in CATALOGUE.ids)
    assert any(movie_id.endswith("+") for movie_id in CATALOGUE.ids)
    assert any("_" in movie_id for movie_id in CATALOGUE.ids)
    assert any("é" in text for text in CATALOGUE.titles)


def test_popularity_has_a_long_tail() -> None:
    ordered = np.sort(CATALOGUE.popularity)[::-1]
    share = ordered[:2_700].sum() / ordered.sum()
    assert 0.35 < share < 0.6  # of the top tenth


def test_good_movies_are_more_popular() -> None:
    assert np.corrcoef(CATALOGUE.quality, np.log(CATALOGUE.popularity))[0, 1] > 0.2


def test_rows_have_the_keys_and_types_of_real_ones(shared_data: Path) -> None:
    with gzip.open(shared_data / "cmu-logs" / "movies.jsonl.gz", "rt", encoding="utf-8") as file:
        real = json.loads(next(iter(file)))
    for row, _ in zip(movie_rows(CATALOGUE), range(50), strict=False):
        assert {key: type(value) for key, value in row.items()} == {
            key: type(value) for key, value in real.items()
        }


def test_numbers_are_strings_in_rows_and_what_is_missing_reads_null() -> None:
    rows = list(movie_rows(make_catalogue(1, 600, 2025)))
    assert all(isinstance(row["vote_average"], str) for row in rows)
    assert {row["release_date"] for row in rows if row["id"].endswith("+")} == {"null"}
    assert any(row["genres"] == [] for row in rows)
