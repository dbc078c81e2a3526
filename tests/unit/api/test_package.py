"""What ``import marquee`` gives, and what it costs."""

import re
import subprocess
import sys
from importlib.metadata import version
from pydoc import plaintext, render_doc

import pytest

import marquee


def test_the_package_names_what_it_offers() -> None:
    assert marquee.__version__ == version("marquee")
    assert {"fit", "load", "Model", "MarqueeError", "Explanation"} <= set(dir(marquee))
    assert all(getattr(marquee, name) for name in marquee.__all__)
    with pytest.raises(AttributeError, match="module 'marquee' has no attribute 'train'"):
        _ = marquee.train


def test_to_import_it_imports_nothing_else() -> None:
    code = "import sys; old = set(sys.modules); import marquee; print(*set(sys.modules) - old)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    others = {name.partition(".")[0] for name in found.stdout.split()} - sys.stdlib_module_names
    assert others == {"marquee"}


@pytest.mark.parametrize("name", ["load", "fit"])
def test_help_on_a_function_stands_by_itself(name: str) -> None:
    said = render_doc(getattr(marquee, name), renderer=plaintext)

    for heading in ("Parameters", "Returns", "Raises", "Examples"):
        assert re.search(rf"^    {heading}\n    -+$", said, re.MULTILINE), heading


def test_help_on_the_package_shows_how_to_begin_and_every_function() -> None:
    said = render_doc(marquee, renderer=plaintext)

    for wanted in ("marquee.load(", "m.recommend(42)", "marquee.fit(frame)", "recommend_many(self"):
        assert wanted in said
