from dataclasses import replace
from pathlib import Path

import pytest

from marquee.errors import ParameterError
from marquee.experiments.chart import save_chart
from marquee.experiments.comparison import Comparison, Row
from marquee.experiments.configurations import Configuration


def compare(*, gap: float | None = 0.1, costs: bool = True) -> list[Comparison]:
    rows = [
        Row(
            Configuration(
                model=model,
                settings={"factors": 5},
                runs=("a",),
                qualities=(quality,),
                low=quality - 0.05,
                high=quality + 0.05,
                gap=gap,
                costs={"fit_seconds": seconds} if costs else {},
            ),
            None,
            "inconclusive",
            True,
        )
        for model, quality, seconds in (("svd", 0.3, 2.0), ("als", 0.2, 1.0))
    ]
    return [Comparison("on test, fitted on train", "ndcg_at_10", "fit_seconds", 0.9, tuple(rows))]


@pytest.mark.parametrize(
    ("suffix", "begin"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("html", b"<!DOCTYPE html>")]
)
def test_a_chart_is_saved_with_nothing_to_load(tmp_path: Path, suffix: str, begin: bytes) -> None:
    path = tmp_path / f"chart.{suffix}"

    save_chart(compare(), path)
    assert path.read_bytes().lstrip().startswith(begin)
    assert b'src="http' not in path.read_bytes()


def test_a_chart_names_its_axes_and_the_configurations_of_the_front(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"

    save_chart(compare(), path)
    text = path.read_text()
    for words in ("seconds to fit", "ndcg_at_10, 90 % interval", "fairness gap", "svd", "als"):
        assert words in text


def test_a_chart_rings_the_front_alone(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    (compared,) = compare()
    first, second = compared.rows
    rows = (first, replace(second, on_front=False))

    save_chart([replace(compared, rows=rows)], path)
    assert path.read_text().count('aria-roledescription="circle"') == 1


def test_where_no_cost_is_known_the_gap_goes_across(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"

    save_chart(compare(costs=False), path)
    assert "seconds to fit" not in path.read_text()
    assert path.read_text().count("fairness gap") >= 2


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"chart\.doc: expected a name that ends in \.html"):
        save_chart(compare(), tmp_path / "chart.doc")


@pytest.mark.parametrize("costs", [True, False])
def test_where_no_gap_is_known_the_points_are_drawn_all_the_same(
    tmp_path: Path, costs: bool
) -> None:
    path = tmp_path / "chart.svg"

    save_chart(compare(gap=None, costs=costs), path)
    text = path.read_text()
    assert text.count('aria-roledescription="point"') == 2
    assert "NaN" not in text
