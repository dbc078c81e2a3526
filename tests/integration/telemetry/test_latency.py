"""Percentiles from counts by logarithmic bucket, against those from the latencies themselves."""

import random
from collections.abc import Callable

import pytest

from .stored import query

SHAPES: dict[str, Callable[[random.Random], int]] = {
    "small": lambda rng: rng.randrange(4),
    "uniform": lambda rng: rng.randrange(1, 800),
    "skewed": lambda rng: int(rng.lognormvariate(4, 1)),
    "two peaks": lambda rng: rng.choice((rng.randrange(10, 30), rng.randrange(780, 830))),
    "long": lambda rng: rng.randrange(10**9),
}
QUANTILES = """
SELECT
    report.latency_quantile(
        fraction, array_agg(telemetry.latency_bucket(latency_ms)), array_agg(1::bigint)
    ),
    percentile_disc(fraction) WITHIN GROUP (ORDER BY latency_ms)
FROM
    unnest(ARRAY[{latencies}]) AS latency_ms,
    unnest(ARRAY[0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1]::float[]) AS fraction
GROUP BY fraction
"""


def test_percentiles_are_within_one_percent(migrated: str) -> None:
    rng = random.Random(0)
    for shape in SHAPES.values():
        for n in (1, 2, 19, 1000):
            latencies = [shape(rng) for _ in range(n)]
            sql = QUANTILES.format(latencies=",".join(map(str, latencies)))
            for estimate, exact in query(migrated, sql):
                assert estimate == pytest.approx(exact, rel=0.01)


def test_counts_of_one_bucket_add_up_whatever_their_order(migrated: str) -> None:
    sql = "SELECT report.latency_quantile(0.5, '{7, -1, 7, 300}', '{1, 2, 2, 1}')"
    assert query(migrated, sql) == query(migrated, "SELECT report.latency_ms(7::smallint)")


def test_there_is_no_percentile_of_nothing(migrated: str) -> None:
    assert query(migrated, "SELECT report.latency_quantile(0.5, '{}', '{}')") == [(None,)]
    assert query(migrated, "SELECT * FROM report.latency_percentiles_1h") == []
