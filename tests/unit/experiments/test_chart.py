import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from marquee.errors import ParameterError
from marquee.experiments.chart import WIDTH, save_chart
from marquee.experiments.comparison import Comparison, Row
from marquee.experiments.configurations import Configuration
from marquee.experiments.spread import beside, pixels, range_of

# Figures of a real sweep: several lie close together.
SWEEP = (
    ("user_knn", 0.1660, 0.0618), ("als", 0.1575, 0.3611), ("als", 0.1539, 0.2868),
    ("als", 0.1474, 0.3994), ("als", 0.1460, 0.3888), ("user_knn", 0.1283, 0.0501),
    ("svd", 0.0642, 0.7424), ("svd", 0.0476, 0.1102), ("popularity", 0.0452, 0.0449),
)  # fmt: skip


def swept(gap: float = 0.0266971655001) -> Comparison:
    rows = [
        Row(
            Configuration(
                model=model,
                settings={"factors": number, "regularisation": 0.0266971655001, "epochs": 10},
                runs=("a",),
                qualities=(quality,),
                low=quality - 0.05,
                high=quality + 0.05,
                gap=gap * number,
                costs={"fit_seconds": seconds, "model_bytes": 1e6 * seconds},
            ),
            None,
            "inconclusive",
            True,
        )
        for number, (model, quality, seconds) in enumerate(SWEEP, 1)
    ]
    return Comparison("on validation", "ndcg_at_10", "fit_seconds", 0.95, tuple(rows))


def drawn(comparison: Comparison, folder: Path) -> str:
    save_chart([comparison], folder / "chart.svg")
    return (folder / "chart.svg").read_text()


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


def test_a_key_spells_out_every_number_of_the_front(tmp_path: Path) -> None:
    text = drawn(swept(), tmp_path)
    for number, (model, quality, _) in enumerate(SWEEP, 1):
        assert re.search(rf">{number}\. {model}[^<]*: {quality:.4f}, gap 0\.\d\d\d<", text)


def test_no_number_lies_on_another_one_or_on_another_point() -> None:
    spots = [
        (x, 320 - 1500 * quality)
        for x, (_, quality, _) in zip(
            pixels([seconds for *_, seconds in SWEEP], WIDTH, log=True), SWEEP, strict=True
        )
    ]
    ways = beside(spots, range(len(spots)))
    numbers = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(spots, ways, strict=True)]
    for one, number in enumerate(numbers):
        others = [spot for other, spot in enumerate(spots + numbers) if other % len(spots) != one]
        assert min(math.dist(number, other) for other in others) > 10


def test_axes_are_marked_with_few_digits_and_nothing_is_cut(tmp_path: Path) -> None:
    for cost in ("fit_seconds", "model_bytes"):
        text = drawn(replace(swept(), cost=cost), tmp_path)
        assert "…" not in text
        said = re.findall(r"<text[^>]*>([^<]*)</text>", text)
        marks = [words for words in said if re.fullmatch(r"[-\u2212\d.,eE]+[kM]?", words)]
        assert len(marks) > 10
        assert [mark for mark in marks if len(mark) > 6] == []


def test_an_axis_has_room_and_does_not_go_below_nothing() -> None:
    assert range_of([0.01, 0.5, None]) == [0, pytest.approx(0.5294)]
    low, high = range_of([0.05, 0.8], log=True)
    assert 0.03 < low < 0.05
    assert 0.8 < high < 1
    assert range_of([0.2]) == pytest.approx([0.18, 0.22])
    assert range_of([-1.0, 1.0]) == pytest.approx([-1.12, 1.12])
