import math

import numpy as np

from marquee.metrics.logarithm import log2


def test_it_equals_the_c_librarys_within_one_unit_in_the_last_place() -> None:
    values = [*range(1, 300), 10**6, 10**9 + 7]
    theirs = np.array([math.log2(value) for value in values])
    assert np.all(np.abs(log2(values) - theirs) <= np.spacing(theirs))


def test_powers_of_two_are_exact_and_zero_is_minus_infinity() -> None:
    assert log2([0, 1, 2, 1 << 40]).tolist() == [-math.inf, 0, 1, 40]
