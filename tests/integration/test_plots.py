"""The pictures of ``dvc plots show``: the page loads nothing, and every plot draws something."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import vl_convert

from marquee.experiments.page import VEGA_LITE, offline_page


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


def specs(page: str) -> dict[str, Any]:
    found = [json.loads(spec) for spec in re.findall(r"var spec = (.*);\n", page)]
    hidden = {"type": "point", "opacity": 0}
    return {str(spec["title"]): spec for spec in found if spec and spec.get("mark") != hidden}


def test_the_page_loads_nothing(page: str) -> None:
    head, _, _ = page.partition("<script>")
    _, _, body = page.rpartition("</style>")

    assert page.count("<script>") == 1
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)", head + body)
    assert "window.vegaEmbed" in page


def test_every_plot_draws_marks_for_its_data(page: str) -> None:
    assert specs(page)
    for title, spec in specs(page).items():
        svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
        drawn = re.findall(r'aria-label="([^"]*)" role="graphics-symbol"', svg)
        assert drawn, f"{title}: nothing is drawn"
        wrong = [label for label in drawn if re.search(r"NaN|(?<!rev: )undefined", label)]
        assert not wrong, f"{title}: {wrong[0]}"
