from pathlib import Path

import numpy as np
import pytest

from marquee.evaluation.groups import Grouping, Histories, group_users, intersect, read_histories
from marquee.params import Params
from marquee.tables.interactions import read_interactions

from .conftest import write_metadata

USERS = np.array([3, 5, 8, 9])
HISTORIES = Histories(np.array([1, 2, 3, 4]), np.array([0.1, 0.2, 0.3, 0.4]))


def names(grouping: Grouping) -> list[str | None]:
    return [None if i < 0 else grouping.names[i] for i in grouping.member]


@pytest.fixture
def known(tmp_path: Path, params: Params) -> dict[str, Grouping]:
    users = {
        3: (17, "F", "artist"),
        5: (18, "M", None),
        9: (None, None, "lawyer"),
        77: (5, "X", ""),
    }
    write_metadata(tmp_path, {}, users)
    return group_users(tmp_path / "users.parquet", USERS, HISTORIES, params.fairness)


def test_demographics_come_from_the_metadata_and_are_unknown_where_it_is_silent(known) -> None:
    assert names(known["gender"]) == ["F", "M", None, None]
    assert names(known["occupation"]) == ["artist", None, None, "lawyer"]


def test_age_bands_begin_at_their_lower_bound(known) -> None:
    assert names(known["age_band"]) == ["under 18", "18-24", None, None]
    assert known["age_band"].names[-1] == "56 and over"


def test_without_any_metadata_the_groups_by_behaviour_remain(tmp_path, params) -> None:
    write_metadata(tmp_path, {}, {})
    known = group_users(tmp_path / "users.parquet", USERS, HISTORIES, params.fairness)
    assert names(known["gender"]) == [None] * 4
    assert known["activity"].member.tolist() == [0, 1, 2, 3]


def test_behaviour_is_cut_into_groups_of_about_equal_size(known) -> None:
    assert known["activity"].member.tolist() == [0, 1, 2, 3]
    assert names(known["mainstreaminess"]) == ["low", "low", "medium", "high"]


def test_equal_users_are_in_the_same_group(tmp_path, params) -> None:
    write_metadata(tmp_path, {}, {})
    same = Histories(np.array([2, 2, 2, 9]), np.array([0.1, 0.1, np.nan, 0.1]))
    known = group_users(tmp_path / "users.parquet", USERS, same, params.fairness)
    assert known["activity"].member.tolist() == [0, 0, 0, 3]
    assert known["mainstreaminess"].member.tolist() == [0, 0, -1, 0]


def test_an_intersection_is_known_where_both_are(known) -> None:
    assert names(intersect(known["gender"], known["age_band"])) == [
        "F × under 18",
        "M × 18-24",
        None,
        None,
    ]


def test_histories_are_the_fitted_movies_of_a_user(tables: Path) -> None:
    fitted = read_interactions([tables / "train.parquet"])
    popularity = np.arange(len(fitted.movie_ids), dtype=float)
    found = read_histories(fitted, np.array([0, 1, 800, 901]), popularity)
    assert found.length.tolist() == [2, 1, 4, 0]
    assert found.popularity[:3].tolist() == [0.5, 0, 3.5]
    assert np.isnan(found.popularity[3])
