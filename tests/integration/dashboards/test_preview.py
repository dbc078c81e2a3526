"""``marquee dashboards preview``, as a browser shows it."""

import os
import re
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.macros import Period
from marquee.dashboards.model import Dashboard, Kind, Panel, Query, Row
from marquee.dashboards.preview.answers import Answer
from marquee.dashboards.preview.page import Asked, Page, Section, render
from marquee.dashboards.preview.write import write_preview

from ...shell import ENVIRONMENT, on_terminal
from .browser import Seen, look

PANELS = [panel for dashboard in all_dashboards() for row in dashboard.rows for panel in row.panels]
DRAWN = ("time series", "heat map")
SCREENS = {"wide": (1600, 1000), "narrow": (1000, 800), "phone": (390, 844)}


@pytest.fixture(scope="module")
def page(day: str, period: Period, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("preview") / "preview.html"
    write_preview(day, file, period)
    return file


@pytest.fixture(scope="module", params=SCREENS)
def seen(request: pytest.FixtureRequest, page: Path) -> Seen:
    return look(page, *SCREENS[request.param])


def test_every_panel_of_every_dashboard_is_drawn(seen: Seen) -> None:
    shown = seen.layout["panels"]
    assert [panel["title"] for panel in shown] == [panel.title for panel in PANELS]
    for panel, box in zip(PANELS, shown, strict=True):
        assert "failed:" not in box["text"]
        if panel.empty and panel.empty in box["text"]:
            continue
        assert "No data" not in box["text"], panel.title
        assert box["shapes"] + box["cells"] > 0, panel.title
        if panel.kind in DRAWN:
            assert box["shapes"] > 0, panel.title
        assert all(svg["width"] > 100 and svg["height"] > 100 for svg in box["drawings"])


def test_the_browser_complains_of_nothing(seen: Seen) -> None:
    assert seen.complaints == []


def test_panels_lie_beside_each_other_and_inside_of_the_screen(seen: Seen) -> None:
    panels = seen.layout["panels"]
    width = seen.layout["width"]
    assert seen.layout["scrolled"] == width
    assert all(panel["x"] >= 0 and panel["x"] + panel["width"] <= width for panel in panels)
    assert not [pair for pair in combinations(panels, 2) if overlap(*pair)]


def test_panels_that_begin_beside_each_other_end_beside_each_other(seen: Seen) -> None:
    ends: dict[float, set[int]] = {}
    for panel in seen.layout["panels"]:
        ends.setdefault(panel["y"], set()).add(round(panel["y"] + panel["height"]))
    assert [y for y, ys in ends.items() if len(ys) > 1] == []


def test_no_table_hides_its_last_columns_where_there_is_room(page: Path) -> None:
    for name in ("wide", "narrow"):
        panels = look(page, *SCREENS[name]).layout["panels"]
        assert [panel["title"] for panel in panels if panel["hidden"]] == []


def test_times_stand_below_what_is_drawn(seen: Seen) -> None:
    assert [panel["title"] for panel in seen.layout["panels"] if panel["inside"]] == []


def test_no_text_runs_into_what_is_beside_it(seen: Seen) -> None:
    spilt = {panel["title"]: panel["spilt"] for panel in seen.layout["panels"]}
    assert {title: texts for title, texts in spilt.items() if texts} == {}


@pytest.mark.parametrize("kind", ["table", "bar gauge", "time series"])
def test_a_panel_keeps_its_shape_however_many_variants_there_are(
    kind: Kind, tmp_path: Path
) -> None:
    until = datetime(2026, 3, 4, tzinfo=UTC)
    period = Period(until - timedelta(days=1), until)
    names = [f"<b>{'v' * 40} {number}" for number in range(200)]
    answers = [Answer(("time", "metric", "value"), [(until, name, 1.0) for name in names])]
    if kind != "time series":
        answers = [Answer(("variant", "value"), [(name, 1.0) for name in names])]
    panel = Panel(title="T", description="D", kind=kind, queries=(Query(sql=""),))
    board = Dashboard(name="b", title="B", description="", variables=(), rows=(Row("R", (panel,)),))
    sections = [Section(board, [Asked(panel, period, answers)])]
    (tmp_path / "many.html").write_text(render(Page(period, sections, [], None)))
    layout = look(tmp_path / "many.html", *SCREENS["phone"]).layout
    (shown,) = layout["panels"]
    assert names[0] in shown["text"]
    assert shown["spilt"] == []
    assert shown["height"] < SCREENS["phone"][1] / 1.5
    assert layout["scrolled"] == layout["width"]


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(
        one[side] < other[side] + other[length] and other[side] < one[side] + one[length]
        for side, length in (("x", "width"), ("y", "height"))
    )


def test_the_page_is_dark_where_the_reader_wants_it(page: Path) -> None:
    grounds = [look(page, 1920, 1080, dark=dark).layout["ground"] for dark in (False, True)]
    light, dark = (sum(map(int, re.findall(r"\d+", ground)[:3])) for ground in grounds)
    assert light > 600
    assert dark < 150


def test_the_page_loads_nothing(page: Path) -> None:
    text = page.read_text()
    assert "http" not in text
    assert not re.search(r"\b(src|@import|url\()", text)


def test_what_is_dated_by_the_clock_is_drawn_by_the_clock(
    day: str, period: Period, tmp_path: Path
) -> None:
    later = Period(period.until + timedelta(days=1), period.until + timedelta(days=2))
    write_preview(day, tmp_path / "page.html", period, clock=later)
    panels = (tmp_path / "page.html").read_text().split("<article")
    empty = {
        re.findall(r"<h4[^>]*>([^<]+)<", panel)[0] for panel in panels if "No data in" in panel
    }
    assert "What became of lines" in empty
    assert "Requests" not in empty


def test_of_an_empty_database_the_page_says_so(
    migrated: str, period: Period, tmp_path: Path
) -> None:
    write_preview(migrated, tmp_path / "empty.html", period)
    assert "Nothing has come into this database yet" in (tmp_path / "empty.html").read_text()


def test_a_watched_page_is_written_anew_and_tells_the_browser_to_follow(
    day: str, tmp_path: Path
) -> None:
    out = tmp_path / "live.html"
    process = subprocess.Popen(
        ["marquee", "dashboards", "preview", "--watch", "1", "--out", str(out)],
        env=ENVIRONMENT | {"MARQUEE_DSN": day},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == f"{out}\n"
        first = out.read_text()
        assert "location.reload(), 1000)" in first
        while out.read_text() == first:
            assert process.poll() is None
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
    assert list(tmp_path.iterdir()) == [out]


def test_a_terminal_shows_how_far_the_drawing_is(day: str, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    command = ["marquee", "dashboards", "preview", "--out", str(out)]
    said = on_terminal("env", f"MARQUEE_DSN={day}", *command)
    n = len(all_dashboards())
    assert f"{n - 1}/{n} [" in said
    assert str(out) in "".join(said.split())


def preview(dsn: str, *options: str) -> tuple[int, str]:
    run = subprocess.run(
        ["marquee", "dashboards", "preview", *options],
        env=ENVIRONMENT | {"MARQUEE_DSN": dsn},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stderr


def test_a_database_without_views_is_said(database: str, tmp_path: Path) -> None:
    code, said = preview(database, "--out", str(tmp_path / "page.html"))
    assert code != 0
    assert said == (
        "marquee: the database has no views to draw from; run `marquee telemetry migrate`\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_period_of_the_future_is_said(migrated: str, tmp_path: Path) -> None:
    code, said = preview(migrated, "--since", "2999-01-01", "--out", str(tmp_path / "page.html"))
    assert code != 0
    assert said.startswith("marquee: a preview since 2999-01-01 00:00:00+00:00: expected it to")
    assert not list(tmp_path.iterdir())
