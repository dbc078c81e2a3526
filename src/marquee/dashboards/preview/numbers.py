"""Values as people read them, and the round numbers that axes are marked at."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marquee.dashboards.model import Unit

NOTHING = "–"
_ENDINGS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_BYTES = ((2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB"))
_SPANS = ((86_400, " d"), (3_600, " h"), (60, " min"))
_LARGER: Mapping[Unit, tuple[tuple[float, str], ...]] = {"bytes": _BYTES, "s": _SPANS}
_MOST_MARKS = 5
_STEPS = [
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080)
]


def spell(value: Any, unit: Unit, decimals: int | None = None) -> str:
    """Return a value with its unit; nothing known is a dash."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%d %b %H:%M}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str | bool):
        return str(value)
    return _SPELLINGS.get(unit, _plain)(float(value), decimals)


def _count(value: float, decimals: int | None) -> str:
    return _scaled(value, decimals, _ENDINGS, "")


def _scaled(
    value: float, decimals: int | None, endings: tuple[tuple[float, str], ...], plain: str
) -> str:
    for size, ending in endings:
        if abs(value) >= size * 10 or (plain and abs(value) >= size):
            return _plain(value / size, decimals) + ending
    return _plain(value, decimals) + plain


def _plain(value: float, decimals: int | None) -> str:
    """Spell a number; one that rounds to nothing has no sign."""
    if decimals is not None:
        return f"{value:z,.{decimals}f}"
    digits = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:z,.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_SPELLINGS: Mapping[Unit, Callable[[float, int | None], str]] = {
    "count": _count,
    "ratio": _plain,
    "share": lambda value, decimals: _plain(100 * value, decimals) + " %",
    "per hour": lambda value, decimals: _count(value, decimals) + "/h",
    "per second": lambda value, decimals: _plain(value, decimals) + "/s",
    "ms": lambda value, decimals: _plain(value, decimals) + " ms",
    "s": lambda value, decimals: _scaled(value, decimals, _SPANS, " s"),
    "bytes": lambda value, decimals: _scaled(value, decimals, _BYTES, " B"),
}


def marks(low: float, high: float, unit: Unit) -> list[float]:
    """Return numbers from at or below ``low`` to at or above ``high``, round as they are spelt."""
    most = max(abs(low), abs(high))
    size = next((size for size, _ in _LARGER.get(unit, ()) if most >= size), 1)
    return [size * mark for mark in _marks(low / size, high / size)]


def _marks(low: float, high: float) -> list[float]:
    differ = high - low > 1e-9 * max(1e-3, abs(high), abs(low))
    step = _round_up((high - low) / _MOST_MARKS if differ else max(1.0, abs(high)))
    slack = 1e-9 if differ else 0
    first, last = math.floor(low / step + slack), math.ceil(high / step - slack)
    return [step * number for number in range(first, max(last, first + 1) + 1)]


def _round_up(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= step * 0.999)


def hours(since: datetime, until: datetime, most: int = 6) -> list[tuple[datetime, str]]:
    """Return round times within a period, in UTC, each with how it is written."""
    span = until - since
    step = next((step for step in _STEPS if span / step <= most), _STEPS[-1])
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    at = epoch + -((epoch - since) // step) * step
    found = []
    while at <= until:
        found.append((at, f"{at:%d %b}" if step >= timedelta(days=1) else f"{at:%H:%M}"))
        at += step
    return found
