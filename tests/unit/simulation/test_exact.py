import hashlib
import math
from statistics import NormalDist

import numpy as np

from marquee.simulation.exact import exp, log, normal_cdf, normal_quantile


def test_exp_is_within_two_units_in_the_last_place() -> None:
    x = np.linspace(-700, 700, 20_001)
    truth = np.array([math.exp(value) for value in x])
    assert np.max(np.abs(exp(x) - truth) / np.spacing(truth)) <= 2


def test_log_is_within_three_units_in_the_last_place() -> None:
    x = np.concatenate((np.geomspace(1e-300, 1e300, 10_001), np.linspace(0.4, 2.5, 10_001)))
    truth = np.array([math.log(value) for value in x])
    assert np.max(np.abs(log(x) - truth) / np.spacing(np.abs(truth))) <= 3


def test_normal_quantile_agrees_with_the_standard_library() -> None:
    p = np.concatenate((np.geomspace(1e-300, 0.5, 3_000), 1 - np.geomspace(1e-15, 0.5, 3_000)))
    truth = np.array([NormalDist().inv_cdf(value) for value in p])
    np.testing.assert_allclose(normal_quantile(p), truth, rtol=1e-13, atol=1e-15)


def test_normal_cdf_agrees_with_the_error_function() -> None:
    z = np.linspace(-9, 9, 5_001)
    truth = np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in z])
    np.testing.assert_allclose(normal_cdf(z), truth, rtol=0, atol=1e-12)


def test_every_bit_is_the_same_on_every_machine() -> None:
    p = (np.arange(4096) + 0.5) / 4096
    values = np.concatenate((exp(40 * p - 20), log(p), normal_quantile(p), normal_cdf(8 * p - 4)))
    digest = hashlib.sha256(values.astype("<f8").tobytes()).hexdigest()
    assert digest == "1170b0e570ffd77ff4dd8e0504b0a04dd5931864e58e42d9f89ab04fa41a6974"
