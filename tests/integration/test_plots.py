"""The pictures of ``dvc plots show``: the page loads nothing, and every plot draws something."""

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import vl_convert

from marquee.dashboards.palette import BAD, GOOD
from marquee.experiments.page import VEGA_LITE, offline_page

from .dashboards.browser import drawings

Pictures = dict[str, tuple[dict[str, Any], str]]


@pytest.fixture(scope="module")
def page(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ``dvc plots show`` makes of the committed reports."""
    folder = tmp_path_factory.mktemp("plots")
    template = folder / "template.html"
    template.write_text(offline_page(), encoding="utf-8")
    command = ["plots", "show", "--html-template", str(template), "--out", str(folder / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *command],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / "out" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pictures(page: str) -> Pictures:
    """Each plot's data and how they are drawn, by its title."""
    return {title: (spec, draw(spec)) for title, spec in specs(page).items()}


def specs(page: str) -> dict[str, Any]:
    found = [json.loads(spec) for spec in re.findall(r"var spec = (.*);\n", page)]
    hidden = {"type": "point", "opacity": 0}
    return {str(spec["title"]): spec for spec in found if spec and spec.get("mark") != hidden}


def draw(spec: dict[str, Any]) -> str:
    return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE))


def panels(spec: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(row["panel"] for row in spec["data"]["values"]))


def texts(svg: str) -> list[str]:
    """Every text of a picture, from the top of the file to its end."""
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def labels(svg: str, axis: str) -> list[list[str]]:
    """The labels of each axis of a picture that is called X or Y."""
    named = re.findall(rf'aria-label="{axis}-axis[^"]*">(.*?role-axis-domain)', svg, re.DOTALL)
    lists = [re.search(r"role-axis-label.*?</g>", one, re.DOTALL) for one in named]
    return [texts(found[0]) for found in lists if found]


def test_the_page_loads_nothing(page: str) -> None:
    head, _, _ = page.partition("<script>")
    _, _, body = page.rpartition("</style>")

    assert page.count("<script>") == 1
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)", head + body)
    assert "window.vegaEmbed" in page


def test_every_plot_draws_marks_for_its_data(pictures: Pictures) -> None:
    assert pictures
    for title, (_, svg) in pictures.items():
        drawn = re.findall(r'aria-label="([^"]*)" role="graphics-symbol"', svg)
        assert drawn, f"{title}: nothing is drawn"
        wrong = [label for label in drawn if re.search(r"NaN|undefined", label)]
        assert not wrong, f"{title}: {wrong[0]}"


def test_a_panel_has_its_own_rows_alone(pictures: Pictures) -> None:
    spec, svg = pictures["Test beside train, bin by bin"]
    bins = {
        panel: [
            *dict.fromkeys(row["bin"] for row in spec["data"]["values"] if row["panel"] == panel)
        ]
        for panel in panels(spec)
    }
    assert len(bins) > 1
    assert labels(svg, "Y") == list(bins.values())


def test_no_picture_is_much_taller_than_what_it_draws(pictures: Pictures) -> None:
    for title, (spec, svg) in pictures.items():
        (height,) = re.findall(r'<svg[^>]* height="(\d+)', svg)
        lines = sum(len(of_axis) for of_axis in labels(svg, "Y"))
        assert int(height) < 120 + 90 * len(panels(spec)) + 40 * lines, title
        assert int(height) < 1500, title


def test_axes_are_named_and_marked_with_few_digits(pictures: Pictures) -> None:
    for title, (_, svg) in pictures.items():
        named = re.findall(r'aria-label="[XY]-axis titled \'([^\']*)\'', svg)
        assert len(named) == svg.count('aria-label="X-axis') + svg.count('aria-label="Y-axis'), (
            title
        )
        assert all(named), title
        marks = [text for axis in ("X", "Y") for of_axis in labels(svg, axis) for text in of_axis]
        assert len(marks) > 3, title
        assert not [text for text in marks if re.search(r"\.\d{4}|\d{4}|e-", text)], title


def test_no_two_series_of_a_picture_have_one_colour(pictures: Pictures) -> None:
    for title, (spec, svg) in pictures.items():
        series = {row["series"] for row in spec["data"]["values"]}
        symbols = re.findall(r"role-legend-symbol.*?</g>", svg, re.DOTALL)
        colours = [re.findall(r'(?:fill|stroke)="(#\w+)"', symbol) for symbol in symbols]
        if colours:
            found = [tuple(of_symbol) for of_symbol in colours]
            assert len(set(found)) == len(series), title


def test_verdicts_are_written_out_in_the_colours_of_good_and_bad(page: str) -> None:
    spec = specs(page)["Better than popularity (right) or worse (left), users with history"]
    rows = spec["data"]["values"]
    rows[0]["series"], rows[1]["series"] = "worse", "better"
    svg = draw(spec)
    for verdict, colour in (("worse", BAD), ("better", GOOD)):
        assert re.search(rf'<text[^>]*fill="{colour}"[^>]*>{verdict}<', svg), verdict


def test_a_revision_is_named_where_there_are_several(page: str) -> None:
    for title, spec in specs(page).items():
        assert "workspace" not in " ".join(texts(draw(spec))), title
        rows = spec["data"]["values"]
        rows += [row | {"rev": "main"} for row in rows]
        said = texts(draw(spec))
        for panel in panels(spec):
            assert {f"{panel} (workspace)", f"{panel} (main)"} <= set(said), title


@pytest.mark.parametrize("width", [390, 1000, 1600])
def test_the_page_fits_the_screen(page: str, tmp_path: Path, width: int) -> None:
    (tmp_path / "plots.html").write_text(page)
    drawn, scrolled = drawings(tmp_path / "plots.html", width)
    assert len(drawn) == len(specs(page))
    assert scrolled <= width
    assert all(box["left"] >= 0 and box["right"] <= width for box in drawn)


def test_nothing_is_cut(pictures: Pictures) -> None:
    for title, (_, svg) in pictures.items():
        assert "…" not in svg, title
