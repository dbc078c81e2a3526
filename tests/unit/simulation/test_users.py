from collections import Counter

import numpy as np

from marquee.simulation.users import ages, males, occupations, user_rows

IDS = np.arange(1, 20_001)


def test_ages_go_from_8_to_90_around_29() -> None:
    found = ages(1, IDS)
    assert (found.min(), found.max()) == (8, 90)
    assert np.median(found) == 29


def test_five_of_six_users_are_male() -> None:
    assert abs(males(1, IDS).mean() - 0.83) < 0.01


def test_there_are_21_occupations_and_students_lead() -> None:
    counts = Counter(occupations(1, IDS))
    assert len(counts) == 21
    assert counts.most_common(1)[0][0] == "college/grad student"


def test_pupils_are_young_and_pensioners_old() -> None:
    age, job = ages(1, IDS), np.array(occupations(1, IDS))
    assert set(job[age < 18]) == {"K-12 student"}
    assert age[job == "K-12 student"].max() < 18
    assert age[job == "retired"].min() >= 60


def test_a_row_has_the_shape_of_the_metadata_api() -> None:
    (row,) = user_rows(1, np.array([12]))
    assert list(row) == ["user_id", "age", "occupation", "gender"]
    assert row["user_id"] == 12
    assert row["gender"] in "MF"
