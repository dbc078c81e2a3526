"""Tries after a failure come apart, but never too far."""

from itertools import islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from marquee.telemetry.backoff import FIRST_S, MOST_S, delays


@given(st.integers())
def test_each_wait_is_at_least_half_of_twice_the_last_and_none_beyond_the_most(seed: int) -> None:
    waits = list(islice(delays(Random(seed)), 12))
    longest = [min(FIRST_S * 2**i, MOST_S) for i in range(12)]
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, longest, strict=True))


def test_two_writers_do_not_wait_the_same() -> None:
    assert list(islice(delays(Random(1)), 5)) != list(islice(delays(Random(2)), 5))
