"""Panels drawn from whatever a database may answer."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.dashboards.macros import Period
from marquee.dashboards.model import Dashboard, Kind, Panel, Query, Row, Series, Step, Unit
from marquee.dashboards.preview.answers import Answer
from marquee.dashboards.preview.blocks import colour_of
from marquee.dashboards.preview.frames import curves_of
from marquee.dashboards.preview.numbers import hours, marks, spell
from marquee.dashboards.preview.page import Asked, Page, Section, render
from marquee.dashboards.preview.write import _window, write_preview
from marquee.errors import ParameterError

UNTIL = datetime(2026, 3, 4, tzinfo=UTC)
PERIOD = Period(UNTIL - timedelta(days=1), UNTIL)
BAND = (Series(name="a", filled_to="b"), Series(name="b", edge=True))
OVER_TIME = ("time series", "heat map")
NUMBERS = st.none() | st.floats(-1e15, 1e15) | st.just(math.nan) | st.integers(-(10**12), 10**12)


def page(kind: Kind, rows: Sequence[Sequence[Any]], **options: Any) -> str:
    """A page of one panel with two columns of numbers, ``a`` and ``b``."""
    panel = Panel(
        title="<Title>",
        description='"What" & why',
        kind=kind,
        queries=(Query(sql=""),),
        labels="name" if kind == "bar chart" else None,
        **options,
    )
    board = Dashboard(
        name="one", title="One", description="", variables=(), rows=(Row("Row", (panel,)),)
    )
    first = "time" if kind in OVER_TIME else "name"
    answer = Answer((first, "a", "b")[: len(rows[0]) if rows else 3], rows)
    section = Section(board, [Asked(panel, PERIOD, [answer])])
    return render(Page(PERIOD, [section], [(UNTIL, "a deploy")], reload_s=None))


def first_column(kind: Kind, number: int) -> object:
    return UNTIL - timedelta(hours=number) if kind in OVER_TIME else f"<{number}>"


@pytest.mark.parametrize("kind", get_args(Kind))
@given(
    values=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4),
    stacked=st.booleans(),
    unit=st.sampled_from(get_args(Unit)),
    minimum=st.none() | st.just(0.0),
)
def test_whatever_is_answered_is_drawn_as_good_markup(
    kind: Kind,
    values: list[tuple[Any, Any]],
    stacked: bool,
    unit: Unit,
    minimum: float | None,
) -> None:
    rows = [(first_column(kind, number), *row) for number, row in enumerate(values)]
    text = page(
        kind,
        rows,
        stacked=stacked,
        unit=unit,
        minimum=minimum,
        steps=(Step(None, "#123456"), Step(5, "#654321")),
        series=(Series(name="a", filled_to="b"), Series(name="b", edge=True)),
    )
    drawn = text[text.index("<main>") : text.index("</main>") + len("</main>")]
    ElementTree.fromstring(drawn)  # noqa: S314
    assert not re.search(r'="[^"]*\b(nan|inf)\b', drawn)
    assert ("No data in this period" in drawn) == (not rows)


def test_a_curve_breaks_where_nothing_is_known() -> None:
    known = [1, 2, None, 3]
    rows = [(UNTIL - timedelta(hours=4 - hour), v, None) for hour, v in enumerate(known)]
    paths = re.findall(r'<path d="([^"]*)"', page("time series", rows))
    assert [path.count("M") for path in paths] == [2, 0]


def test_a_point_alone_can_be_seen() -> None:
    rows = [(PERIOD.since, 1, 2)]
    paths = re.findall(r'<path d="([^"]*)"', page("time series", rows))
    assert [path.split("h")[1] for path in paths] == ["12", "12"]


def test_a_point_alone_of_a_stack_can_be_seen() -> None:
    rows = [(PERIOD.since, 1, 2)]
    corners = re.findall(r'<polygon points="([^"]*)"', page("time series", rows, stacked=True))
    widths = [[float(corner.split(",")[0]) for corner in area.split()] for area in corners]
    assert [max(xs) - min(xs) for xs in widths] == [12, 12]


def test_a_layer_of_nothing_on_a_stack_is_not_drawn_over_the_others() -> None:
    rows = [(UNTIL - timedelta(hours=hour), 5, 0) for hour in (2, 1)]
    drawn = page("time series", rows, stacked=True)
    assert "<path" not in drawn
    _, failed = re.findall(r'<polygon points="([^"]*)"', drawn)
    assert len({corner.split(",")[1] for corner in failed.split()}) == 1


@pytest.mark.parametrize("options", [{"stacked": True}, {"series": BAND}])
def test_an_area_breaks_where_nothing_is_known(options: dict[str, Any]) -> None:
    known = [1, 2, None, 3, 4]
    rows = [(UNTIL - timedelta(hours=5 - hour), v, v) for hour, v in enumerate(known)]
    drawn = page("time series", rows, **options)
    assert drawn.count("<polygon") == (4 if "stacked" in options else 2)


@given(st.integers(1, 60))
def test_no_two_series_of_a_panel_share_a_colour(series: int) -> None:
    panel = Panel(title="T", description="D", kind="time series", queries=(Query(sql=""),))
    rows = [(UNTIL, f"series {n}", n) for n in range(series)]
    curves = curves_of(panel, [Answer(("time", "metric", "value"), rows)])
    assert len({curve.colour for curve in curves}) == series


def test_a_figure_of_which_nothing_is_known_says_what_that_means() -> None:
    assert "nobody came" in page("stat", [(None, None, None)], empty="nobody came")


def test_an_axis_says_what_it_counts() -> None:
    options = {"axis": "hits", "across": "minutes"}
    for kind, rows in (("time series", [(UNTIL, 1, 2)]), ("bar chart", [("1", 1), ("2", 2)])):
        drawn = page(kind, rows, **options)
        assert '<div class="axis">hits</div>' in drawn
        assert '<div class="across">minutes</div>' in drawn


def test_a_stack_adds_up() -> None:
    rows = [(UNTIL - timedelta(hours=hour), 2, 3) for hour in (2, 1)]
    tops = re.findall(r'<polygon points="\S+?,(\S+) ', page("time series", rows, stacked=True))
    assert tops[1] == "0.0"


def test_an_error_is_said_in_the_place_of_the_panel() -> None:
    panel = Panel(title="T", description="D", kind="stat", queries=(Query(sql=""),))
    board = Dashboard(name="o", title="O", description="", variables=(), rows=(Row("R", (panel,)),))
    asked = Asked(panel, PERIOD, [Answer((), (), "no <such> column")])
    text = render(Page(PERIOD, [Section(board, [asked])], [], reload_s=2))
    assert "The query failed: no &lt;such&gt; column" in text
    assert "location.reload(), 2000)" in text


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (None, "ms", None, "–"),
        (math.nan, "share", None, "–"),
        (0.9754, "share", 2, "97.54 %"),
        (0.5, "share", None, "50 %"),
        (1633, "count", None, "1,633"),
        (45_000, "count", None, "45k"),
        (0.0307, "per second", None, "0.0307/s"),
        (64_800, "per hour", None, "64.8k/h"),
        (-0.0004, "share", 0, "0 %"),
        (-1e-9, "ratio", None, "0"),
        (146.4, "ms", None, "146 ms"),
        (150, "s", 0, "2 min"),
        (90, "s", None, "1.5 min"),
        (3 * 2**20, "bytes", None, "3 MiB"),
        (datetime(2026, 3, 4, 5, 6, tzinfo=UTC), "time", None, "04 Mar 05:06"),
        (["a", "b"], "text", None, "a, b"),
        (-0.25, "ratio", None, "-0.25"),
    ],
)
def test_values_are_spelt_with_their_units(
    value: Any, unit: Unit, decimals: int | None, text: str
) -> None:
    assert spell(value, unit, decimals) == text


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_an_axis_is_marked_at_few_round_numbers_around_its_values(low: float, span: float) -> None:
    for unit in get_args(Unit):
        found = marks(low, low + span, unit)
        assert 2 <= len(found) <= 8
        assert found[0] <= low + span * 1e-6
        assert found[-1] >= low + span * (1 - 1e-6)


@pytest.mark.parametrize(
    ("high", "unit", "texts"),
    [
        (23_100, "s", ["0 s", "2 h", "4 h", "6 h", "8 h"]),
        (400, "s", ["0 s", "2 min", "4 min", "6 min", "8 min"]),
        (280_000, "bytes", ["0 B", "100 KiB", "200 KiB", "300 KiB"]),
        (45, "s", ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s"]),
    ],
)
def test_marks_are_round_as_they_are_spelt(high: float, unit: Unit, texts: list[str]) -> None:
    assert [spell(mark, unit) for mark in marks(0, high, unit)] == texts


@given(st.integers(1, 60 * 24 * 90))
def test_a_time_axis_is_marked_at_few_round_times(minutes: int) -> None:
    found = hours(UNTIL - timedelta(minutes=minutes), UNTIL)
    assert len(found) <= 14
    assert all(UNTIL - timedelta(minutes=minutes) <= at <= UNTIL for at, _ in found)


def test_a_value_has_the_colour_of_the_last_step_that_it_reached() -> None:
    steps = (Step(None, "low"), Step(5, "high"))
    assert [colour_of(value, steps) for value in (None, 4.9, 5)] == [None, "low", "high"]


@pytest.mark.parametrize(
    ("length_h", "window"),
    [(2.5, "1m"), (12, "5m"), (24, "15m"), (72, "1h"), (720, "6h"), (2160, "1d")],
)
def test_a_curve_has_as_many_points_as_can_be_told_apart(length_h: float, window: str) -> None:
    assert _window(Period(UNTIL - timedelta(hours=length_h), UNTIL)) == window


def test_a_period_without_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="expected it to begin before"):
        write_preview("", tmp_path / "page.html", Period(UNTIL, UNTIL))
