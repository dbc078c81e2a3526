"""Tables and numbers as Markdown; what is not known is a dash."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NOTHING = "–"


def lines(*parts: str) -> str:
    """Put each part on a line of its own."""
    return "\n".join(parts)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the first column is text, the others are set to the right."""
    rule = ["---", *("--:" for _ in columns[1:])]
    return [f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows)]


def plain(text: str) -> str:
    """Spell text of the data so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Spell an id of the data, on one line, so that Markdown shows it as it is."""
    text = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}"


def spread(values: Mapping[str, Any], name: str) -> str:
    """Spell NAME with its interval, from NAME, NAME_low and NAME_high."""
    if values.get(name) is None:
        return NOTHING
    low, high = (number(values.get(f"{name}_{end}")) for end in ("low", "high"))
    return f"{number(values[name])} [{low}, {high}]"


def number(value: float | None) -> str:
    """Spell a number with four decimals."""
    return NOTHING if value is None else f"{value:.4f}"


def count(value: int | None) -> str:
    """Spell a whole number with commas at the thousands."""
    return NOTHING if value is None else f"{value:,}"
