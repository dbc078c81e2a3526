"""The pictures of the documents: legible, small, and made by the commands that are told."""

import re
import struct
from pathlib import Path

import pytest

PICTURES = sorted((Path(__file__).parents[2] / "docs/images").glob("*.png"))
MOST_BYTES = 400_000


def size(picture: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_wide_enough_to_read_and_small_enough_to_load(picture: Path) -> None:
    width, height = size(picture)
    assert 1400 <= width <= 1700
    assert height <= width
    assert picture.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_the_readme_shows_a_picture_that_is_as_large_as_its_command_makes_it(
    root: Path, picture: Path
) -> None:
    assert f"docs/images/{picture.name})" in (root / "README.md").read_text()
    (command,) = (
        block
        for block in re.findall(r"^(chromium(?:\\\n|.)*)$", told(root), re.MULTILINE)
        if f"docs/images/{picture.name}" in block
    )
    (window,) = re.findall(r"--window-size=(\d+),(\d+)", command)
    scale = float((re.findall(r"--force-device-scale-factor=([\d.]+)", command) or ["1"])[0])
    assert size(picture) == tuple(round(int(side) * scale) for side in window)


def told(root: Path) -> str:
    return (root / "docs/pictures.md").read_text()
