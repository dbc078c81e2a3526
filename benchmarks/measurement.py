"""How every benchmark measures: repeated runs, medians, one row for the table."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def median_s(work: Callable[[], object], runs: int = 3) -> float:
    """Return the median of the seconds that ``work`` takes."""
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def ratio_row(
    what: str,
    against: str,
    *,
    ours_s: float,
    theirs_s: float,
    at_least: float,
    note: str = "",
) -> dict[str, Any]:
    """Return a row that says how many times faster than a named alternative something is."""
    ratio = theirs_s / ours_s
    return {
        "what": what,
        "against": against,
        "measured": f"{ratio:.1f}× ({ours_s:.3g} s against {theirs_s:.3g} s)",
        "asked": f"≥ {at_least:g}×",
        "met": ratio >= at_least,
        "ratio": round(ratio, 2),
        "ours_s": round(ours_s, 4),
        "theirs_s": round(theirs_s, 4),
        "note": note,
    }
