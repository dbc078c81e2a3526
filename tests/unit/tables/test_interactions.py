from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.errors import DataError
from marquee.tables.interactions import Interactions, read_interactions
from marquee.tables.schemas import INTERACTIONS


def write(path: Path, *rows: tuple[int, str, int, float | None, int], plain: bool = False) -> Path:
    """Write rows of (user, movie, second, rating, minutes)."""
    names = ("user_id", "movie_id", "at", "rating", "minutes")
    values = [
        (user, movie, datetime.fromtimestamp(at, UTC), rating, minutes)
        for user, movie, at, rating, minutes in rows
    ]
    table = pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) for row in values], INTERACTIONS
    )
    if plain:
        table = table.set_column(1, "movie_id", table["movie_id"].cast(pa.string()))
    pq.write_table(table, path)
    return path


def rows(found: Interactions) -> list[tuple[Any, ...]]:
    columns = (
        found.user_ids[found.user_idx],
        found.movie_ids[found.movie_idx],
        found.at // 1_000_000,
        np.where(np.isnan(found.rating), None, found.rating),
        found.minutes,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("plain", [False, True])
def test_a_table_is_read_as_it_stands(tmp_path: Path, plain: bool) -> None:
    table = [(7, "4+2005", 5, 4.0, 0), (7, "up+2009", 6, None, 9), (9, "4+2005", 7, 1.0, 3)]
    found = read_interactions([write(tmp_path / "train.parquet", *table, plain=plain)])
    assert rows(found) == table
    assert found.user_ids.tolist() == [7, 9]
    assert found.movie_ids.tolist() == ["4+2005", "up+2009"]
    assert [getattr(found, name).dtype.str for name in ("user_idx", "movie_idx", "rating")] == [
        "<i4",
        "<i4",
        "<f4",
    ]
    assert len(found) == 3


def test_of_a_pair_in_two_tables_the_latest_rating_wins_and_minutes_add_up(tmp_path: Path) -> None:
    first = write(tmp_path / "train.parquet", (1, "a+", 5, 4.0, 10), (1, "b+", 5, 2.0, 0))
    second = write(tmp_path / "validation.parquet", (1, "a+", 9, 3.0, 5), (1, "b+", 8, None, 7))
    for paths in ([first, second], [second, first]):
        assert rows(read_interactions(paths)) == [(1, "a+", 9, 3.0, 15), (1, "b+", 8, 2.0, 7)]


def test_movies_and_users_of_several_tables_are_in_one_order(tmp_path: Path) -> None:
    first = write(tmp_path / "train.parquet", (5, "b+", 1, 4.0, 0))
    second = write(tmp_path / "validation.parquet", (2, "c+", 1, 4.0, 0), (5, "a+", 1, 4.0, 0))
    found = read_interactions([first, second])
    assert found.movie_ids.tolist() == ["a+", "b+", "c+"]
    assert [row[:2] for row in rows(found)] == [(2, "c+"), (5, "a+"), (5, "b+")]


def test_movies_without_a_row_are_no_part_of_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    both = write(path, (1, "a+", 1, 4.0, 0), (1, "b+", 1, 4.0, 0))
    pq.write_table(pq.read_table(both).slice(1), path)
    assert read_interactions([path]).movie_ids.tolist() == ["b+"]


def test_one_empty_table_beside_another_is_no_error(tmp_path: Path) -> None:
    train = write(tmp_path / "train.parquet", (1, "a+", 5, 4.0, 10))
    empty = write(tmp_path / "validation.parquet")
    assert len(read_interactions([train, empty])) == 1


def test_no_rows_at_all_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"test\.parquet: no rows"):
        read_interactions([write(tmp_path / "test.parquet")])


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"test\.parquet: no such file"):
        read_interactions([tmp_path / "test.parquet"])


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "test.parquet"
    path.write_bytes(b"PAR1 it is not")
    with pytest.raises(DataError, match=r"test\.parquet: expected a table of interactions"):
        read_interactions([path])
    pq.write_table(pa.table({"user_id": [1]}), path)
    with pytest.raises(DataError, match=r"test\.parquet: expected a table of interactions"):
        read_interactions([path])


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_users_may_be_texts_in_the_order_of_code_points(tmp_path: Path, kind: pa.DataType) -> None:
    paths = []
    for name, users in (("train", ["é", "10", "Z,\n"]), ("validation", ["é", "a", "2"])):
        path = write(tmp_path / f"{name}.parquet", *((n, "up+", 1, 4.0, 2) for n in range(3)))
        table = pq.read_table(path).set_column(0, "user_id", pa.array(users, kind))
        pq.write_table(table, path)
        paths.append(path)
    found = read_interactions(paths)
    assert found.user_ids.tolist() == ["10", "2", "Z,\n", "a", "é"]
    assert found.user_ids.dtype.kind == "U"
    assert found.minutes.tolist() == [2, 2, 2, 2, 4]
