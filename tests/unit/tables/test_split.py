import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError, ParameterError
from marquee.params import SplitParams
from marquee.tables.columns import Rows
from marquee.tables.feedback import Feedback, gather
from marquee.tables.split import expect_times, instant, split

TRAIN, VALIDATION, TEST = range(3)


def params(method: str, **changes: float) -> SplitParams:
    defaults = {"validation": 0.1, "test": 0.2, "folds": 5, "fold": 0, "seed": 1}
    return SplitParams.model_validate({"method": method, **defaults, **changes})


def feedback(*events: tuple[int, int, int]) -> Feedback:
    """Ratings of (user, movie, seconds since 1970)."""
    user_id, movie, at = np.array(events, dtype=np.int64).reshape(-1, 3).T
    stars = np.full(len(events), 300, dtype=np.int32)
    ratings = Rows(user_id, movie.astype(np.int32), at * 1_000_000, stars)
    return gather(ratings, ratings.take(np.arange(0)))


HUNDRED = feedback(*((n % 7, n, n) for n in range(100)))


def test_temporal_shares_are_shares_of_rows() -> None:
    found = split(HUNDRED, params("temporal"))
    assert np.bincount(found.part).tolist() == [70, 10, 20]


def test_temporal_cuts_divide_time_for_all_users() -> None:
    found = split(HUNDRED, params("temporal"))
    assert found.cuts == (70_000_000, 80_000_000)
    for part, begin, end in ((TRAIN, 0, 70), (VALIDATION, 70, 80), (TEST, 80, 100)):
        assert set(HUNDRED.at[found.part == part] // 1_000_000) == set(range(begin, end))
    assert found.label == (
        "global temporal split: train before 1970-01-01T00:01:10Z, validation from then, "
        "test from 1970-01-01T00:01:20Z"
    )


@given(
    st.lists(st.integers(0, 50), min_size=10, max_size=80),
    st.sampled_from([0, 0.1, 0.3]),
    st.sampled_from([0.1, 0.2, 0.5]),
)
def test_nothing_in_train_is_as_late_as_anything_held_out(
    times: list[int], validation: float, test: float
) -> None:
    events = feedback(*((n % 3, n, at) for n, at in enumerate(times)))
    try:
        found = split(events, params("temporal", validation=validation, test=test))
    except DataError:
        assert len(set(times)) < len(times)
        return
    latest = [events.at[found.part == part].max(initial=-1) for part in (TRAIN, VALIDATION)]
    earliest = [events.at[found.part == part].min(initial=2**60) for part in (VALIDATION, TEST)]
    assert latest[0] < earliest[0]
    assert max(latest) < earliest[1]


def test_events_at_the_same_instant_stay_together() -> None:
    events = feedback((1, 1, 0), (1, 2, 0), (2, 1, 5), (2, 2, 5), (3, 3, 5))
    found = split(events, params("temporal", validation=0))
    assert sorted(found.part.tolist()) == [0, 0, 2, 2, 2]


def test_without_validation_there_is_none() -> None:
    found = split(HUNDRED, params("temporal", validation=0))
    assert np.bincount(found.part, minlength=3).tolist() == [80, 0, 20]


def test_per_user_the_movies_met_last_are_the_test() -> None:
    events = feedback(*((user, (7 * n) % 10, n) for user in (1, 2) for n in range(10)))
    found = split(events, params("per_user"))
    for user in (1, 2):
        mine = events.user_id == user
        assert (events.at[mine & (found.part == TEST)] // 1_000_000).tolist() in ([8, 9], [9, 8])
        assert (events.at[mine & (found.part == VALIDATION)] // 1_000_000).tolist() == [7]
    assert found.cuts is None
    assert "per-user temporal split" in found.label


@pytest.mark.parametrize("method", ["per_user", "random"])
def test_a_pair_goes_to_one_split_with_all_its_events(method: str) -> None:
    events = feedback(*((user, n // 2, n) for user in (1, 2, 3) for n in range(40)))
    found = split(events, params(method))
    assert (found.part[0::2] == found.part[1::2]).all()


def test_a_user_with_one_movie_keeps_it_in_train() -> None:
    events = feedback((1, 1, 9), *((2, n, n) for n in range(10)))
    assert split(events, params("per_user")).part[0] == TRAIN


def test_random_folds_cover_every_row_once() -> None:
    tests = [split(HUNDRED, params("random", fold=fold)).part == TEST for fold in range(5)]
    assert np.sum(tests, axis=0).tolist() == [1] * 100


def test_a_random_split_is_drawn_by_its_seed_and_says_so_in_its_label() -> None:
    one, same, other = (split(HUNDRED, params("random", seed=seed)) for seed in (1, 1, 2))
    assert (one.part == same.part).all()
    assert (one.part != other.part).any()
    assert np.bincount(one.part).tolist() == [70, 10, 20]
    assert one.fold == 0
    assert "fold 0 of 5" in one.label
    assert "only to compare" in one.label


@pytest.mark.parametrize(
    ("method", "events", "missing"),
    [
        ("temporal", ((1, 1, 5), (2, 2, 5)), "train"),
        ("per_user", ((1, 1, 5), (2, 2, 6)), "test"),
        ("random", ((1, 1, 5), (2, 2, 6)), "t"),
        ("temporal", tuple((n, n, 5 * (n > 2)) for n in range(5)), "validation"),
        ("per_user", tuple((n % 20, n, n) for n in range(60)), "validation"),
        ("random", tuple((n, n, n) for n in range(9)), "validation"),
    ],
)
def test_a_split_without_rows_says_what_to_change(
    method: str, events: tuple[tuple[int, int, int], ...], missing: str
) -> None:
    changes = {"fold": 4} if method == "random" else {}
    with pytest.raises(DataError, match=rf"no {missing}.*change clean\.split \(validation 0\.1"):
        split(feedback(*events), params(method, **changes))


def test_an_instant_is_written_in_iso_with_its_seconds() -> None:
    assert instant(0) == "1970-01-01T00:00:00Z"
    assert instant(1_500_000) == "1970-01-01T00:00:01.500000Z"


@given(st.integers(0, 5), st.sampled_from([0, 0.1, 0.25]), st.sampled_from([0.2, 0.5]))
def test_leave_out_gives_each_user_the_shares_also_without_times(
    seed: int, validation: float, test: float
) -> None:
    sizes = {1: 10, 2: 20, 3: 40}
    events = feedback(*((user, n, 0) for user, size in sizes.items() for n in range(size)))
    found = split(events, params("leave_out", seed=seed, validation=validation, test=test))
    for user, size in sizes.items():
        counts = np.bincount(found.part[events.user_id == user], minlength=3)
        held_out = round(size * (validation + test) + 1e-6)
        assert counts[TEST] == size * test
        assert counts[VALIDATION] + counts[TEST] == held_out


def test_leave_out_deals_by_the_seed_and_not_by_time_or_movie() -> None:
    events = feedback(*((user, n, n) for user in range(50) for n in range(20)))
    found = split(events, params("leave_out"))
    again = split(events, params("leave_out"))
    other = split(events, params("leave_out", seed=2))
    assert np.array_equal(found.part, again.part)
    assert not np.array_equal(found.part, other.part)
    tested = events.movie[found.part == TEST]
    assert set(tested.tolist()) == set(range(20))
    assert abs(tested.mean() - 9.5) < 1
    assert found.label == (
        "leave-out split: of each user's movies 20% at random to test and 10% to validation, "
        "whatever their time: it lets models see the future; not the headline"
    )


def test_leave_out_keeps_the_events_of_a_pair_together() -> None:
    events = feedback(*((1, n % 10, n) for n in range(40)))
    found = split(events, params("leave_out"))
    for movie in range(10):
        assert len(set(found.part[events.movie == movie].tolist())) == 1


@pytest.mark.parametrize("method", ["temporal", "per_user"])
def test_data_without_times_are_not_split_by_time(method: str) -> None:
    message = rf"clean\.split\.method = {method}: .*no times.*expected random or leave_out"
    with pytest.raises(ParameterError, match=message):
        expect_times(params(method))


@pytest.mark.parametrize("method", ["random", "leave_out"])
def test_data_without_times_are_split_at_random(method: str) -> None:
    expect_times(params(method))
