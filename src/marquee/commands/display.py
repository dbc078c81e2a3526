"""What people read: tables and sentences within the width of the terminal.

Piped output is 80 columns wide, the same everywhere; ``COLUMNS`` sets another width for both.
"""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

import click

from marquee.commands.layout import GAP, Column, Row, as_columns, fit, lay_out

__all__ = [
    "NOTHING",
    "Column",
    "interval",
    "log",
    "number",
    "print_pairs",
    "print_table",
    "print_tables",
    "say",
]

NOTHING = "–"
LEFT_OUT = "Some columns are left out to fit this width; --full shows all."


def screen_width() -> int:
    """Return how many columns a line may have."""
    return shutil.get_terminal_size((80, 24)).columns


def say(text: str, *, err: bool = False) -> None:
    """Print a sentence, wrapped at words; what follows its first line is indented."""
    lines = textwrap.wrap(
        text,
        screen_width(),
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    click.echo("\n".join(lines), err=err)


def log(text: str) -> None:
    """Print a line of a log: wrapped at words on a terminal, whole where a program may read it."""
    say(text) if sys.stdout.isatty() else click.echo(text)


def print_pairs(pairs: Iterable[tuple[str, str]], indent: int = 24) -> None:
    """Print names and, from column ``indent`` on, what each is."""
    for name, value in pairs:
        lines = textwrap.wrap(
            f"{name:<{indent}}{value}",
            screen_width(),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        click.echo("\n".join(lines))


def print_table(
    title: str, columns: Sequence[str | Column], rows: Iterable[Row], *, full: bool = False
) -> bool:
    """Print a table and an empty line; the first column is text, the others are numbers.

    Return whether columns were left out because they do not fit; with ``full`` none is, however
    long the lines become.
    """
    table, cells = as_columns(columns), list(rows)
    widths = fit(table, cells, None if full else screen_width())
    if title:
        lines = [title] if full else textwrap.wrap(title, screen_width(), break_on_hyphens=False)
        click.secho("\n".join(lines), bold=True)
    for line in lay_out(table, [column.name for column in table], widths):
        click.secho(line, bold=True)
    if sys.stdout.isatty():
        click.echo((" " * GAP).join("─" * width for width in widths.values()))
    for row in cells:
        click.echo("\n".join(lay_out(table, row, widths)))
    click.echo()
    return len(widths) < len(table)


def print_tables(title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Print columns that all matter: those that do not fit follow in another table below."""
    start = 1
    while start < len(columns):
        end = _last_that_fits(columns, rows, start)
        places = (0, *range(start, end))
        print_table(
            title if start == 1 else "",
            [columns[i] for i in places],
            [[row[i] for i in places] for row in rows],
        )
        start = end


def _last_that_fits(columns: Sequence[str], rows: Sequence[Row], start: int) -> int:
    widths = fit(as_columns(columns), rows, None)
    end, used = start + 1, widths[0] + GAP + widths[start]
    while end < len(columns) and used + GAP + widths[end] <= screen_width():
        used += GAP + widths[end]
        end += 1
    return end


def number(value: float | None) -> str:
    """Spell a number in four significant digits at least, or a dash where there is none."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def interval(low: float | None, high: float | None) -> str:
    """Spell an interval, or a dash."""
    return NOTHING if low is None or high is None else f"[{low:.4f}, {high:.4f}]"
