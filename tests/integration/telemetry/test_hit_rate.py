"""Online quality by served cohort: hand-computed, on both engines."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from scipy.stats import binomtest

from marquee.telemetry.report import read_report

from .answers import NOON, Answer, Hit, set_partition, store
from .stored import query

DAY = timedelta(days=1)
HOUR = 3600


def figures(dsn: str, since: datetime = NOON - DAY) -> dict[str, Mapping[str, Any]]:
    report = read_report(dsn, since=since, until=NOON, by="variant")
    return {row["variant"]: row for row in report.groups}


def test_the_interval_of_a_rate_is_wilsons(migrated: str) -> None:
    for hits, n in ((0, 1), (0, 10), (5, 5), (18, 100), (1, 10**6)):
        found = query(
            migrated, f"SELECT report.wilson_low({hits}, {n}), report.wilson_high({hits}, {n})"
        )
        theirs = binomtest(hits, n).proportion_ci(method="wilson")
        assert found[0] == pytest.approx((theirs.low, theirs.high), rel=1e-9, abs=1e-15)
    nothing = query(migrated, "SELECT report.wilson_low(0, 0), report.wilson_high(0, 0)")
    assert nothing == [(None, None)]


def test_mature_figures_are_those_that_one_computes_by_hand(either: str) -> None:
    store(
        either,
        [
            Answer(5 * HOUR, hit=Hit(60, best_rank=1, items_hit=2)),
            Answer(5 * HOUR + 1, hit=Hit(3000, best_rank=4)),
            Answer(4 * HOUR, hit=Hit(90, best_rank=15)),
            Answer(4 * HOUR + 7),
            Answer(4 * HOUR + 8),
            Answer(4 * HOUR + 9, status=500, items=0),
            Answer(4 * HOUR + 9, variant="b"),
        ],
    )
    set_partition(either)
    found = figures(either)
    assert found.keys() == {"a", "b"}
    assert {
        name: found["a"][name]
        for name in (
            *("requests", "answered", "mature_answered", "share_answered", "hit_rate_mature"),
            *("hit_rate_corrected", "hit_rate_at_1", "hit_rate_at_5", "hit_rate_at_10"),
            *("hit_rate_at_20", "mrr", "precision"),
        )
    } == pytest.approx(
        {
            "requests": 6,
            "answered": 5,
            "mature_answered": 5,
            "share_answered": 5 / 6,
            "hit_rate_mature": 3 / 5,
            "hit_rate_corrected": 3 / 5,
            "hit_rate_at_1": 1 / 5,
            "hit_rate_at_5": 2 / 5,
            "hit_rate_at_10": 2 / 5,
            "hit_rate_at_20": 3 / 5,
            "mrr": (1 + 1 / 4 + 1 / 15) / 5,
            "precision": 4 / 50,
        }
    )
    assert found["b"]["hit_rate_mature"] == 0


def test_a_young_cohort_counts_by_the_delay_that_mature_ones_had(either: str) -> None:
    # Of ten mature hits four came in the first half hour, evenly, the others in the last minute.
    mature = [Answer(5 * HOUR, hit=Hit(60 * minute)) for minute in (7.5, 15, 22.5, 30)]
    mature += [Answer(5 * HOUR, hit=Hit(3590))] * 6
    # Of forty answers half an hour ago (age 29.5 minutes in the middle) four have had a hit.
    young = [Answer(1800, "young", hit=Hit(600))] * 4 + [Answer(1800, "young")] * 36
    store(either, mature + young)
    set_partition(either)
    found = figures(either)["young"]
    exposure = 40 * (0.3 + 0.1 * 0.5)  # the fourth hit's bin is the last minute of the half hour
    assert found["hit_rate_corrected"] == pytest.approx(4 / exposure)
    assert found["hit_rate_corrected_low"] < 4 / exposure < found["hit_rate_corrected_high"]
    assert found["hit_rate_so_far"] == pytest.approx(4 / 40)
    assert found["hit_rate_mature"] is None


def test_without_a_mature_cohort_nothing_is_made_up(either: str) -> None:
    store(either, [Answer(1800, hit=Hit(60)), Answer(1700)])
    set_partition(either)
    found = figures(either)["a"]
    unknown = {name for name, value in found.items() if value is None}
    assert {"hit_rate_mature", "hit_rate_corrected", "mrr", "precision"} <= unknown
    assert found["hit_rate_so_far"] == 0.5
    assert query(either, "SELECT * FROM report.delay_percentiles") == [(None, None, None, None)]


def test_a_cohort_too_young_for_any_hit_has_no_corrected_rate(either: str) -> None:
    store(either, [Answer(5 * HOUR, hit=Hit(3000)), Answer(600, "young")])
    set_partition(either)
    assert figures(either)["young"]["hit_rate_corrected"] is None


def test_a_young_failure_does_not_hide_what_mature_answers_say(migrated: str) -> None:
    store(migrated, [Answer(5 * HOUR), Answer(600, status=500, items=0)])
    set_partition(migrated)
    assert figures(migrated)["a"]["hit_rate_corrected"] == 0
    store(migrated, [Answer(600)])
    assert figures(migrated)["a"]["hit_rate_corrected"] is None


def test_failures_alone_have_no_hit_rate_and_no_latency(either: str) -> None:
    store(either, [Answer(5 * HOUR, status=0, items=0, latency_ms=828)] * 3)
    set_partition(either)
    found = figures(either)["a"]
    assert (found["requests"], found["answered"], found["share_answered"]) == (3, 0, 0)
    unknown = ("hit_rate_mature", "hit_rate_corrected", "mrr", "latency_p50_ms")
    assert {found[name] for name in unknown} == {None}


def test_the_watermark_is_that_of_the_partition_that_lags(migrated: str) -> None:
    watermark = "SELECT watermark, mature_until, lag_lines FROM report.watermark"
    assert query(migrated, watermark) == [(None, None, 0)]
    hour = timedelta(hours=1)
    set_partition(migrated, 0, newest=NOON - 3 * hour)
    set_partition(migrated, 1, newest=NOON)
    assert query(migrated, watermark) == [(NOON, NOON - hour, 0)]
    set_partition(migrated, 2, newest=NOON - hour, lag=7)
    assert query(migrated, watermark) == [(NOON - hour, NOON - 2 * hour, 7)]
    set_partition(migrated, 3, newest=NOON - 2 * hour, lag=1)
    assert query(migrated, watermark) == [(NOON - 2 * hour, NOON - 3 * hour, 8)]


def test_a_partition_that_gave_no_event_yet_hides_nothing(migrated: str) -> None:
    set_partition(migrated, 0)
    set_partition(migrated, 1, newest=None, lag=5)
    assert query(migrated, "SELECT watermark, lag_lines FROM report.watermark") == [(NOON, 5)]


def test_the_watermark_is_that_of_the_topic_last_written(migrated: str) -> None:
    set_partition(migrated, topic="new", newest=None, updated_at=NOON)
    set_partition(migrated, topic="old", newest=NOON - DAY, lag=9, updated_at=NOON - DAY)
    watermark = "SELECT watermark, lag_lines FROM report.watermark"
    assert query(migrated, watermark) == [(NOON - DAY, 9)]
    set_partition(migrated, 1, topic="new", newest=NOON - timedelta(hours=1))
    assert query(migrated, watermark) == [(NOON - timedelta(hours=1), 0)]


def test_young_answers_are_not_corrected_while_partitions_are_far_apart(either: str) -> None:
    # Half of the users are applied till noon; of the others forty minutes are still to come.
    mature = [Answer(5 * HOUR, "mature", hit=Hit(60 * minute)) for minute in range(1, 60)]
    ahead = [Answer(2700, "young", hit=Hit(1200))] * 10 + [Answer(600, "young")] * 10
    store(either, [*mature, *ahead])
    set_partition(either, 0)
    set_partition(either, 1, newest=NOON - timedelta(minutes=40), lag=500)
    found = figures(either)
    spread = "SELECT partition_spread FROM report.watermark"
    assert query(either, spread) == [(timedelta(minutes=40),)]
    assert found["mature"]["hit_rate_corrected"] == 1
    for figure in ("hit_rate_corrected", "hit_rate_corrected_low", "hit_rate_corrected_high"):
        assert found["young"][figure] is None
    caught_up = f"UPDATE telemetry.stream_offset SET max_event_at = '{NOON - timedelta(minutes=2)}'"
    query(either, f"{caught_up} WHERE partition = 1")
    assert figures(either)["young"]["hit_rate_corrected"] is not None


def test_an_answer_is_mature_once_the_watermark_is_a_window_past_its_minute(migrated: str) -> None:
    store(migrated, [Answer(2 * HOUR)])
    final = NOON - timedelta(hours=2) + timedelta(minutes=61)
    set_partition(migrated, 0, newest=final - timedelta(microseconds=1))
    assert figures(migrated)["a"]["mature_answered"] == 0
    set_partition(migrated, 1, newest=final)
    assert figures(migrated)["a"]["mature_answered"] == 1
