"""The corrected hit-rate on simulated users whose true rate is known."""

import numpy as np
import pytest

from marquee.telemetry.report import read_report

from .answers import NOON, Answer, Hit, set_partition, store
from .test_hit_rate import DAY, HOUR

TRUTH = 0.18
WINDOW_S = 3600
REPLICAS = 40


def simulate(rng: np.random.Generator, variant: str, before_s: np.ndarray) -> list[Answer]:
    """Answers that hit with the true rate, so long after as F(t) = (t / window) ^ 1.5."""
    hit = rng.random(len(before_s)) < TRUTH
    delay_s = WINDOW_S * rng.random(len(before_s)) ** (2 / 3)
    return [
        Answer(before, variant, items=1, hit=Hit(delay) if hits else None)
        for before, hits, delay in zip(before_s.tolist(), hit, delay_s.tolist(), strict=True)
    ]


def test_the_correction_finds_the_true_rate_where_hits_so_far_do_not(either: str) -> None:
    rng = np.random.default_rng(5)
    answers = simulate(rng, "mature", rng.uniform(2 * HOUR, 12 * HOUR, 10_000))
    for replica in range(REPLICAS):
        answers += simulate(rng, f"young {replica}", rng.uniform(0, WINDOW_S, 400))
    store(either, answers)
    set_partition(either)

    groups = read_report(either, since=NOON - DAY, until=NOON, by="variant").groups
    young = [row for row in groups if row["variant"] != "mature"]
    corrected = [row["hit_rate_corrected"] for row in young]
    inside = [
        row["hit_rate_corrected_low"] <= TRUTH <= row["hit_rate_corrected_high"] for row in young
    ]

    assert np.mean([row["hit_rate_so_far"] for row in young]) == pytest.approx(0.073, abs=0.005)
    assert not any(row["hit_rate_so_far_high"] >= TRUTH for row in young)
    assert np.mean(corrected) == pytest.approx(TRUTH, abs=0.01)
    assert np.mean(inside) >= 0.9
