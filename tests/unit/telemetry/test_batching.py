"""The size of a batch follows the lag and the time that a transaction takes."""

from hypothesis import given
from hypothesis import strategies as st

from marquee.telemetry.batching import LEAST, SLOW_S, next_size


@given(
    st.integers(1, 200_000),
    st.integers(1, 100_000),
    st.floats(0, 100, allow_nan=False),
    st.integers(0, 10**9),
)
def test_a_batch_stays_within_its_bounds(size: int, most: int, seconds: float, lag: int) -> None:
    assert min(LEAST, most) <= next_size(size, most=most, seconds=seconds, lag=lag) <= most


def test_a_large_lag_makes_batches_grow_to_the_most() -> None:
    size = LEAST
    for _ in range(10):
        size = next_size(size, most=10_000, seconds=0.1, lag=1_000_000)
    assert size == 10_000


def test_a_slow_transaction_halves_the_batch_even_when_much_waits() -> None:
    assert next_size(8_000, most=10_000, seconds=SLOW_S * 2, lag=1_000_000) == 4_000


def test_a_writer_that_keeps_up_keeps_its_batch() -> None:
    assert next_size(2_000, most=10_000, seconds=0.1, lag=100) == 2_000
