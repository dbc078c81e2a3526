"""Which columns of a table fit a width, and how wide each is: numbers whole, text at words."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

GAP = 2
_LEAST_TEXT = 16


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Of the columns that do not fit, the one with the highest ``spare`` goes first; with 0 it always
    stays. ``text`` is the least width of a text, which stands on the left and is wrapped at words;
    a column without it holds numbers, on the right and never wrapped.
    """

    name: str
    spare: int = 0
    text: int = 0


Row = Sequence[str]


def as_columns(columns: Sequence[str | Column]) -> list[Column]:
    """Let the first name be a column of text and the others columns of numbers."""
    return [
        each if isinstance(each, Column) else Column(each, text=0 if place else _LEAST_TEXT)
        for place, each in enumerate(columns)
    ]


def fit(columns: Sequence[Column], rows: Sequence[Row], width: int | None) -> dict[int, int]:
    """Return the places of the columns to show, each with its width.

    Columns are left out until the others fit, and then text is narrowed. With a width of None all
    are shown. What cannot be left out or narrowed any more is wider than asked: a line that the
    terminal breaks is better than a digit that is missing.
    """
    cells = [[column.name, *(row[i] for row in rows)] for i, column in enumerate(columns)]
    widths = {i: max(cell_len(cell) for cell in cells[i]) for i in range(len(columns))}
    least = {i: _least(columns[i], cells[i], widths[i]) for i in widths}
    if width is None:
        return widths
    while _total(least) > width and (spare := [i for i in least if columns[i].spare]):
        del least[max(spare, key=lambda i: (columns[i].spare, i))]
    widths = {i: widths[i] for i in least}
    while _total(widths) > width and (wide := [i for i in widths if widths[i] > least[i]]):
        widths[max(wide, key=lambda i: widths[i])] -= 1
    return widths


def lay_out(columns: Sequence[Column], row: Row, widths: dict[int, int]) -> list[str]:
    """Return the lines of a row."""
    cells = [
        textwrap.wrap(row[i], width, break_long_words=False, break_on_hyphens=False)
        if columns[i].text
        else [row[i]]
        for i, width in widths.items()
    ]
    height = max(len(cell) for cell in cells)
    padded = [
        [
            _pad(line, width, left=bool(columns[i].text))
            for line in cell + [""] * (height - len(cell))
        ]
        for (i, width), cell in zip(widths.items(), cells, strict=True)
    ]
    return [(" " * GAP).join(line).rstrip() for line in zip(*padded, strict=True)]


def _least(column: Column, cells: Sequence[str], natural: int) -> int:
    if not column.text:
        return natural
    words = [cell_len(word) for cell in cells for word in cell.split()]
    return max(min(column.text, natural), *words, 0)


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _pad(cell: str, width: int, *, left: bool) -> str:
    space = " " * (width - cell_len(cell))
    return cell + space if left else space + cell
