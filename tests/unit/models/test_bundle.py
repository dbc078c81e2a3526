"""A model's folder holds all that a recommendation takes."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from marquee.artifacts import files_below, read_json, write_json
from marquee.errors import DataError, ModelError
from marquee.models.bundle import Bundle
from marquee.models.catalogue import Catalogue, read_metadata
from marquee.models.histories import Histories
from marquee.tables.metadata import MOVIES

from .conftest import Fit
from .examples import NONE, few, interactions, make_params
from .test_every_model import fit_model, is_mapped

TITLES = pa.Table.from_pylist(
    [
        {"movie_id": "alien+1979", "title": "Alien", "year": 1979, "genres": ["Horror", "SF"]},
        {"movie_id": "clue+1985", "title": None, "year": None, "genres": None},
        {"movie_id": "zulu+1964", "title": "Zulu", "year": 1964, "genres": ["War"]},
    ],
    MOVIES,
)


@pytest.fixture
def bundle(fit: Fit) -> Bundle:
    data = few()
    return Bundle.of(fit(data), data, TITLES)


def test_what_is_saved_is_loaded_and_mapped(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path)

    loaded = Bundle.load(tmp_path)

    assert loaded.catalogue[0] == ("alien+1979", "Alien", 1979, ("Horror", "SF"))
    assert loaded.catalogue[2] == ("clue+1985", "clue+1985", None, ())
    assert loaded.catalogue[4] == ("elf+2003", "elf+2003", None, ())
    assert [loaded.histories[user].tolist() for user in (1, 9, 404)] == [[0, 1, 2], [4], []]
    assert loaded.histories.users_by_movie.tolist() == [3, 2, 2, 1, 1]
    assert is_mapped(loaded.histories.movies)


def test_two_bundles_have_the_same_bytes(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("one", "two"):
        bundle.save(tmp_path / name)

    for file in files_below(tmp_path / "one"):
        other = tmp_path / "two" / file.relative_to(tmp_path / "one")
        assert file.read_bytes() == other.read_bytes(), file.name


def test_rows_are_not_written_twice(tmp_path: Path) -> None:
    for name, twice in (("popularity", True), ("user_knn", False)):
        Bundle.of(fit_model(few(), make_params(name)), few(), TITLES).save(tmp_path / name)
        assert (tmp_path / name / "histories").exists() == twice


def test_a_user_whom_the_model_does_not_know_has_a_history(tmp_path: Path) -> None:
    data = interactions([(1, "alien+1979", 4), (2, "alien+1979", NONE, 9)])
    Bundle.of(fit_model(data, make_params("svd")), data, TITLES).save(tmp_path)

    loaded = Bundle.load(tmp_path)

    assert loaded.model.knows(np.array([1, 2])).tolist() == [True, False]
    assert loaded.histories[2].tolist() == [0]


def test_what_is_left_out_is_each_users_history_and_what_is_named() -> None:
    histories = Histories.of(few())

    users, others = np.array([9, 404, 1, 9]), np.array(["duel+1971", "no+1"])
    left_out = histories.left_out(users, few().movie_ids, others, history=True)

    pairs = zip(left_out.user_ids[left_out.user_idx], left_out.movie_idx, strict=True)
    assert sorted((int(u), int(m)) for u, m in pairs) == [
        *((1, movie) for movie in (0, 1, 2, 3)),
        *((9, movie) for movie in (3, 4)),
        (404, 3),
    ]
    assert len(histories.left_out(users, few().movie_ids, others, history=False)) == 3
    assert len(histories.left_out(users[:0], few().movie_ids, others, history=True)) == 0


def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    Bundle.of(fit_model(few(), make_params("popularity")), few(), TITLES).save(tmp_path)
    whole = {file: file.read_bytes() for file in files_below(tmp_path)}

    for file, content in whole.items():
        for damage in (b"", content[: len(content) // 2], b"[]", None):
            file.unlink() if damage is None else file.write_bytes(damage)
            with pytest.raises(ModelError, match=file.name):
                Bundle.load(tmp_path)
        file.write_bytes(content)
    Bundle.load(tmp_path)


def test_a_catalogue_of_other_movies_is_an_error(tmp_path: Path) -> None:
    Catalogue.of(TITLES, few().movie_ids[1:]).save(tmp_path / "catalogue.json")

    with pytest.raises(ModelError, match=r"catalogue.json: expected 5 movies"):
        Catalogue.load(tmp_path / "catalogue.json", few().movie_ids)


def test_a_catalogue_that_is_no_lists_is_an_error(tmp_path: Path) -> None:
    write_json(tmp_path / "catalogue.json", {"titles": 5, "years": [], "genres": []})

    with pytest.raises(ModelError, match=r"catalogue.json: expected titles, years, genres"):
        Catalogue.load(tmp_path / "catalogue.json", few().movie_ids)


def test_a_folder_of_an_older_version_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    fit_model(few(), make_params("popularity")).save(tmp_path)
    config = read_json(tmp_path / "config.json")
    write_json(tmp_path / "config.json", {**config, "format": 1})

    with pytest.raises(ModelError, match=r"found format 1, .* 3; fit it again \(`make repro`\)"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize("content", [None, b"no parquet"])
def test_no_table_of_movies_is_an_error(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "movies.parquet").write_bytes(content)

    with pytest.raises(DataError, match=r"movies.parquet: .*expected a table of movies"):
        read_metadata(tmp_path / "movies.parquet")
