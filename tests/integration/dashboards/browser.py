"""A page as a browser lays it out."""

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# In the page's own window; its size is that of the frame, as a window of a browser without a
# screen cannot be as small as a phone's.
_MEASURE = """
const box = (e) => { const r = e.getBoundingClientRect();
  return {x: r.x, y: r.y, width: r.width, height: r.height}; };
const panel = (e) => ({
  name: e.id, title: e.querySelector('h4').textContent, text: e.innerText, ...box(e),
  drawings: [...e.querySelectorAll('svg')].map(box),
  shapes: e.querySelectorAll('svg > :not(title, .grid, .limit, .deploy)').length,
  cells: e.querySelectorAll('td, .figures b, .bars b').length,
  spilt: [...e.querySelectorAll('h4, .bars span, .bars b, .figures b, .legend li')]
    .filter((text) => text.scrollWidth > text.clientWidth + 1).map((text) => text.textContent),
  hidden: [...e.querySelectorAll('.table')].filter((t) => t.scrollWidth > t.clientWidth + 1).length,
  inside: [...e.querySelectorAll('.plot')].filter((p) => p.querySelector('.below')
    .getBoundingClientRect().y < p.querySelector('.area').getBoundingClientRect().bottom).length,
});
addEventListener('load', () => parent.document.body.append(JSON.stringify({
  panels: [...document.querySelectorAll('article')].map(panel),
  width: document.documentElement.clientWidth,
  scrolled: document.documentElement.scrollWidth,
  text: document.body.innerText,
  ground: getComputedStyle(document.body).backgroundColor,
})));
"""

# Vega draws after the page has loaded.
_DRAWN = """
setTimeout(() => parent.document.body.append(JSON.stringify({
  drawings: [...document.querySelectorAll('svg.marks')].map((e) => e.getBoundingClientRect())
    .filter((r) => r.height > 0).map((r) => ({left: r.left, right: r.right, width: r.width})),
  scrolled: document.documentElement.scrollWidth,
})), 3000);
"""


@dataclass(frozen=True)
class Seen:
    """What was laid out, and what the browser complained of."""

    layout: dict[str, Any]
    complaints: list[str]


def look(page: Path, width: int, height: int, *, dark: bool = False) -> Seen:
    """Open a page in a window of some size."""
    options = ["--blink-settings=preferredColorScheme=0"] if dark else []
    run = _open(page, _MEASURE, width, height, options)
    found = re.search(r"</iframe>(.*)</body>", run.stdout, re.DOTALL)
    assert found, run.stderr
    complaints = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    return Seen(json.loads(html.unescape(found[1])), complaints)


def drawings(page: Path, width: int) -> tuple[list[dict[str, float]], float]:
    """Where the drawings of a page of Vega's lie in a window, and how far it can be scrolled."""
    run = _open(page, _DRAWN, width, 900, [])
    found = re.search(r"</iframe>(.*)</body>", run.stdout, re.DOTALL)
    assert found, run.stderr
    seen = json.loads(html.unescape(found[1]))
    return seen["drawings"], seen["scrolled"]


def _open(
    page: Path, script: str, width: int, height: int, options: list[str]
) -> subprocess.CompletedProcess[str]:
    head, body, end = page.read_text().rpartition("</body>")
    source = f"{head}<script>{script}</script>{body}{end}"
    frame = page.with_name(f"{page.stem}-{width}.html")
    frame.write_text(
        f'<!DOCTYPE html><body><iframe width="{width}" height="{height}" '
        f'srcdoc="{html.escape(source)}"></iframe></body>'
    )
    return subprocess.run(
        [
            *(chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            *(f"--user-data-dir={page.parent / 'browser'}", "--virtual-time-budget=5000"),
            *options,
            *("--dump-dom", f"file://{frame}"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def chromium() -> str:
    """The browser; a skip where there is none, a failure where one was named or under CI=true."""
    named = os.environ.get("MARQUEE_TEST_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        missing = pytest.fail if named or os.environ.get("CI") == "true" else pytest.skip
        missing(f"{named or 'chromium'}: no such program; MARQUEE_TEST_CHROMIUM may name a browser")
    return found
