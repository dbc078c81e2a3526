"""Figures are those of the period, whatever it is and however its curves are cut."""

from datetime import datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.macros import Period
from marquee.dashboards.preview.answers import ask_all, choose

from .made_up import NOW, PERIOD, answers, insert, panel

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
BEGIN = NOW - 20 * HOUR


def applied(connection: Connection, max_event_at: datetime, end_offset: int = 9) -> None:
    """A stream that has been applied up to some time."""
    topic = "00000000-0000-0000-0000-000000000000"
    row = ("t", 0, "c", topic, 0, 9, end_offset, max_event_at, NOW, *[0] * 7)
    insert(connection, "stream_offset", [row])


@pytest.mark.parametrize("until", [NOW - timedelta(days=30), NOW + timedelta(days=30)])
def test_how_far_behind_the_writer_is_does_not_hang_on_the_period(
    views: Connection, until: datetime
) -> None:
    with views.cursor() as cursor:
        cursor.execute("SELECT now() - INTERVAL '100 seconds'")
        (then,) = cursor.fetchone() or ()
    applied(views, then, end_offset=10)
    period = Period(until - HOUR, until)
    (row,) = panel(views, "Behind", period)
    assert row["behind"] == 100
    (upkeep,) = panel(views, "Since the last upkeep", period)
    assert abs(upkeep["upkeep"]) < timedelta(days=1).total_seconds()


@pytest.mark.parametrize("window", ["1m", "5m", "1h"])
@pytest.mark.parametrize("until", [SECOND, 2 * MINUTE, 30 * MINUTE])
def test_a_rate_is_that_of_the_time_which_its_point_counts(
    views: Connection, window: str, until: timedelta
) -> None:
    insert(views, "recommendation", answers("a", [["m"]] * 60))
    batches = [
        ("t", 0, n, n + 1, BEGIN + n * MINUTE, BEGIN, 0.1, 60, 60, *[0] * 6) for n in range(60)
    ]
    insert(views, "stream_batch", batches)
    period = Period(BEGIN, BEGIN + until)
    assert [row["requests"] for row in panel(views, "Requests", period, window=window)] == (
        pytest.approx([60] * -(-until // {"1m": MINUTE, "5m": 5 * MINUTE, "1h": HOUR}[window]))
    )
    lines = panel(views, "Lines by topic", period, window=window)
    assert {row["value"] for row in lines} == {1.0}


def test_a_rate_up_to_a_time_to_come_is_that_of_the_time_which_has_passed(
    views: Connection,
) -> None:
    with views.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone() or ()
    (row,) = answers("a", [["m"]])
    insert(views, "recommendation", [(row[0], now, *row[2:])])
    (point,) = panel(views, "Requests", Period(now - SECOND, now + HOUR), window="1h")
    passed = (now - point["time"]).total_seconds()
    assert point["requests"] == pytest.approx(3600 / max(1, passed))


@pytest.fixture
def arms(views: Connection) -> Connection:
    """Five hours of two variants, four of them mature: every third answer of a, second of b hit."""
    for variant, first, hit in (("a", 0, 3), ("b", 1000, 2)):
        served = answers(variant, [["m"]] * 300, first=first)
        insert(views, "recommendation", served)
        hits = [(*row[:2], variant, "v", row[1], 1, "m", "watch", 1, 1) for row in served[::hit]]
        insert(views, "hit", hits)
    applied(views, BEGIN + 5 * HOUR + SECOND)
    return views


@pytest.mark.parametrize("window", ["1m", "1h", "1d"])
def test_a_comparison_is_of_the_mature_answers_of_the_period(arms: Connection, window: str) -> None:
    period = Period(BEGIN + 90 * MINUTE, PERIOD.until)
    difference = panel(arms, "Treatment minus control", period, window=window)[0]
    assert difference["control"] == pytest.approx(50 / 150)
    assert difference["treatment"] == pytest.approx(75 / 150)
    needed = panel(arms, "Answers needed", period, window=window)
    assert [(row["arm"], row["answers"]) for row in needed] == [("a", 150), ("b", 150)]
    p = 1 / 3
    assert {row["needed"] for row in needed} == {-(-16 * p * (1 - p) // (p / 10) ** 2)}


@pytest.mark.parametrize("window", ["1h", "1d"])
def test_young_answers_are_in_no_curve_of_mature_ones(arms: Connection, window: str) -> None:
    points = panel(arms, "Hit-rate by variant", window=window)
    known = {(row["metric"], row["value"]) for row in points if row["value"] is not None}
    assert known == {("a", 1 / 3), ("b", 1 / 2)}


def test_transactions_are_told_by_their_mean_and_by_the_worst(views: Connection) -> None:
    batches = [
        ("t", 0, n, n + 1, BEGIN + n * MINUTE, BEGIN + n * MINUTE - behind * SECOND, seconds, lines)
        for n, (behind, seconds, lines) in enumerate([(9, 0.25, 10), (5, 0.75, 30)])
    ]
    insert(views, "stream_batch", [(*batch, *[0] * 7) for batch in batches])
    (late,) = panel(views, "Events to database")
    assert (late["metric"], late["value"]) == ("t 0", 9)
    (time,) = panel(views, "Time of a transaction")
    assert (time["mean"], time["slowest"]) == (0.5, 0.75)
    (lines,) = panel(views, "Lines of a transaction")
    assert lines["lines"] == 20


def test_what_answered_in_an_hour_that_began_before_the_period_may_be_chosen(
    views: Connection,
) -> None:
    insert(views, "recommendation", answers("a", [["m"]] * 60))
    period = Period(BEGIN + 50 * MINUTE, BEGIN + 55 * MINUTE)
    for dashboard in all_dashboards():
        choice = choose(views, dashboard, period)
        assert (choice["variant"], choice["model_version"]) == (["a"], ["v"])


def test_where_nothing_has_happened_nothing_is_drawn(views: Connection) -> None:
    for dashboard in all_dashboards():
        choice = choose(views, dashboard, PERIOD)
        for drawn in (item for row in dashboard.rows for item in row.panels):
            if drawn.kind in ("time series", "heat map", "bar chart"):
                (answer,) = ask_all(views, drawn, PERIOD, choice)
                assert (answer.error, list(answer.rows)) == (None, []), drawn.title
