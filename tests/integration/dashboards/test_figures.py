"""Figures that only dashboards show, against their definitions on made-up rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection  # noqa: N812
from scipy.stats import chisquare

from marquee.metrics.beyond import coverage, gini
from marquee.metrics.divergence import jensen_shannon, population_stability_index

from .made_up import NOW, PERIOD, answers, insert, panel


def one(connection: Connection, sql: str, values: Sequence[object]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
        assert row
        return row[0]


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        # Newcombe 1998, table II, method 10.
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 20), (0.6791, 1.0000)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(
    views: Connection, counts: tuple[int, ...], interval: tuple[float, float]
) -> None:
    found = [
        one(views, f"SELECT report.difference_{end}(%s, %s, %s, %s)", counts)
        for end in ("low", "high")
    ]
    assert found == pytest.approx(interval, abs=1e-4)


def test_a_difference_from_nothing_is_not_known(views: Connection) -> None:
    assert one(views, "SELECT report.difference_low(1, 2, 0, 0)", ()) is None


@settings(max_examples=30)
@given(n=st.integers(1, 500), base=st.integers(1, 500), weight=st.floats(0.1, 5))
def test_the_chance_of_a_split_is_that_of_the_chi_square_test(
    owner: Connection, n: int, base: int, weight: float
) -> None:
    shares = np.array([weight, 1.0]) / (weight + 1)
    expected = chisquare([n, base], shares * (n + base)).pvalue
    found = one(owner, "SELECT report.chance_of_split(%s, %s, %s, 1)", (n, base, weight))
    assert found == pytest.approx(expected, abs=1e-12)


def test_exposure_is_spread_as_the_offline_metrics_say(views: Connection) -> None:
    catalogue = [f"movie {n}" for n in range(20)]
    lists = [[catalogue[n % 3], catalogue[n % 7]] for n in range(30)]
    insert(views, "recommendation", answers("a", lists))
    insert(views, "reference_movie", [("v", movie, [], "tenth 1") for movie in catalogue])
    counted = Counter(movie for items in lists for movie in items)
    exposure = np.array([counted[movie] for movie in catalogue])

    (row,) = panel(views, "Spread of exposure")
    assert row["movies_shown"] == 7
    assert row["coverage"] == pytest.approx(float(coverage(exposure, 20)))
    assert row["gini"] == pytest.approx(float(gini(exposure, 20)))
    assert row["head"] == pytest.approx(np.sort(exposure)[-4:].sum() / exposure.sum())

    tenths = [row["exposure"] for row in panel(views, "Exposure by tenth of the movies")]
    by_tenth = np.sort(exposure)[::-1].reshape(10, 2).sum(axis=1) / exposure.sum()
    assert tenths == pytest.approx(by_tenth.tolist())


def test_users_are_grouped_by_the_movies_of_the_week_before(views: Connection) -> None:
    served = answers("a", [["m"]] * 4)
    insert(views, "recommendation", served)
    week = timedelta(days=7)
    met = [
        # user 1: one movie twice, and one too long ago; user 2: 5 movies; user 3: after the answer.
        (1, "x", served[1][1] - timedelta(hours=1)),
        (1, "x", served[1][1] - timedelta(hours=3)),
        (1, "y", served[1][1] - week - timedelta(seconds=1)),
        *((2, f"m{n}", served[2][1] - timedelta(hours=n + 1)) for n in range(5)),
        (3, "x", served[3][1] + timedelta(seconds=1)),
    ]
    insert(views, "interaction", [(u, m, "watch", at, at, 1) for u, m, at in met])
    insert(
        views, "hit",
        [(served[2][0], served[2][1], "a", "v", served[2][1], 1, "m", "watch", 1, 1)],
    )  # fmt: skip
    insert(
        views, "stream_offset",
        [("t", 0, "c", served[0][0], 0, 9, 9, NOW, NOW, *[0] * 7)],
    )  # fmt: skip

    rows = panel(views, "Hit-rate by users' activity")
    found = {row["movies_before"]: (row["answers"], row["hit_rate"]) for row in rows}
    assert found == {"0": (2, 0), "1 to 4": (1, 0), "5 to 19": (1, 1)}


def test_answers_of_a_model_that_knows_no_users_are_not_called_a_fallback(
    views: Connection,
) -> None:
    served = answers("a", [["m"]] * 5)
    insert(views, "recommendation", served)
    insert(views, "stream_offset", [("t", 0, "c", served[0][0], 0, 9, 9, NOW, NOW, *[0] * 7)])
    rows = panel(views, "Hit-rate, personalised or not")
    assert {row["answer"]: row["answers"] for row in rows} == {
        "personalised": 3,
        "not personalised": 2,
    }


def test_users_of_two_variants_are_counted_in_both(views: Connection) -> None:
    insert(views, "recommendation", answers("a", [["m"]] * 6))
    insert(views, "recommendation", answers("b", [["m"]] * 3, first=100))
    moved = [(f"{9:08}-{n:04}-0000-0000-000000000000", *row[1:3], "b", *row[4:])
             for n, row in enumerate(answers("a", [["m"]] * 2))]  # fmt: skip
    insert(views, "recommendation", moved)
    rows = panel(views, "Users by variant")
    found = {row["variant"]: (row["users"], row["of_several"]) for row in rows}
    assert found == {"a": (6, 2), "b": (5, 2)}
    (chance,) = panel(views, "Sample ratio: p of the split")
    assert chance["p"] == pytest.approx(chisquare([5, 6]).pvalue)


def test_users_who_ask_often_weigh_no_more_in_a_sample(views: Connection) -> None:
    """Both variants meet as many users; those of one ask seven times as often."""
    with views.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO telemetry.recommendation
            SELECT gen_random_uuid(), %s::timestamptz + request * INTERVAL '0.7 seconds', user_id,
                CASE user_id %% 2 WHEN 0 THEN 'a' ELSE 'b' END, 'v', 's', 200, 40, '{m}', true, NULL
            FROM generate_series(1, 51200) AS user_id
            CROSS JOIN generate_series(1, 1 + user_id %% 2 * 6) AS request
            """,
            (PERIOD.since,),
        )
    users = {row["variant"]: row["users"] for row in panel(views, "Users by variant")}
    assert users == pytest.approx({"a": 800, "b": 800}, rel=0.15)
    (chance,) = panel(views, "Sample ratio: p of the split")
    assert chance["p"] == pytest.approx(chisquare(list(users.values())).pvalue)


def test_drift_is_measured_as_the_offline_metrics_say(views: Connection) -> None:
    trained = {"Action": 60, "Comedy": 30, "Drama": 10}
    watched = {"Action": 2, "Comedy": 5, "War": 3}
    insert(views, "reference_distribution", [("v", "genre", *item) for item in trained.items()])
    rows = [
        (n, f"{genre} {n}", "watch", NOW - timedelta(hours=2), NOW - timedelta(hours=2), 1)
        for genre, users in watched.items()
        for n in range(users)
    ]
    insert(views, "interaction", rows)
    known = {(row[1], row[1].split()[0]) for row in rows}
    movies = [("v", movie, [genre], "tenth 1") for movie, genre in sorted(known)]
    insert(views, "reference_movie", movies)
    bins = sorted(trained.keys() | watched.keys())
    e, a = ([side.get(name, 0) for name in bins] for side in (trained, watched))

    (row,) = (row for row in panel(views, "Drift from the training data")
              if row["feature"] == "genre")  # fmt: skip
    assert row["psi"] == pytest.approx(population_stability_index(e, a))
    assert row["jensen_shannon"] == pytest.approx(float(jensen_shannon([e], [a])[0]))

    shares = {row["genre"]: row["watched"] for row in panel(views, "Genres, trained and watched")}
    assert shares == pytest.approx({name: watched.get(name, 0) / 10 for name in bins})


def test_burn_rates_are_multiples_of_what_is_allowed(views: Connection) -> None:
    rows = answers("a", [["m"]] * 120)
    failed = [row if n < 60 else (*row[:6], 500, *row[7:]) for n, row in enumerate(rows)]
    insert(views, "recommendation", failed)
    curve = panel(views, "Burn rate of availability")
    hour = {row["time"]: row["1 h"] for row in curve}
    allowed = 0.03
    assert hour[rows[0][1]] == 0
    assert hour[rows[60][1]] == pytest.approx(1 / allowed)


def test_promises_are_judged_by_failures_and_by_slow_answers(views: Connection) -> None:
    # Of 100 requests 4 fail; of the 96 answers 3 are slow.
    rows = [
        (
            *row[:6],
            500 if n < 4 else 200,
            62 if n < 95 else 390 if n < 97 else 410,
            *row[8:],
        )
        for n, row in enumerate(answers("a", [["m"]] * 100))
    ]
    insert(views, "recommendation", rows)
    (answered,), (fast,), (left,) = (
        panel(views, title)
        for title in ("Availability", "Answered within 400 ms", "Error budget left")
    )
    assert answered["availability"] == pytest.approx(0.96)
    assert fast["fast"] == pytest.approx(93 / 96)
    assert left["availability"] == pytest.approx(1 - 0.04 / 0.03)
    assert left["latency"] == pytest.approx(1 - (3 / 96) / 0.02)

    bands = Counter[str]()
    for row in panel(views, "Where answers lie"):
        bands.update({name: n for name, n in row.items() if name != "time"})
    assert +bands == {"60 to 80 ms": 91, "320 to 480 ms": 5}

    failures = panel(views, "Failures by status")
    assert {row["metric"] for row in failures} == {"500"}
    assert sum(row["value"] or 0 for row in failures) == pytest.approx(4)
    requests = panel(views, "Requests")
    assert sum(row["requests"] for row in requests) == pytest.approx(100)
    assert sum(row["failed"] for row in requests) == pytest.approx(4)
