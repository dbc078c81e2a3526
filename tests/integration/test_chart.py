"""The page of ``marquee compare --plot``, as a browser shows it."""

from pathlib import Path

import pytest

from marquee.experiments.chart import save_chart
from marquee.experiments.comparison import Comparison, Row
from marquee.experiments.configurations import Configuration

from .dashboards.browser import drawings


@pytest.mark.parametrize("width", [390, 1000, 1600])
def test_the_picture_fills_the_screen_and_is_not_wider(tmp_path: Path, width: int) -> None:
    found = [
        Configuration("als", {"factors": n}, ("a",), (n / 10,), n / 20, n / 5, 0.01, {})
        for n in (1, 2)
    ]
    rows = tuple(Row(one, None, "better", True) for one in found)
    page = tmp_path / "chart.html"
    save_chart([Comparison("on test", "ndcg_at_10", "fit_seconds", 0.95, rows)], page)

    (drawn,), scrolled = drawings(page, width)
    assert drawn["width"] > 0.9 * min(width, 1000)
    assert drawn["left"] >= 0
    assert drawn["right"] <= width
    assert scrolled <= width
