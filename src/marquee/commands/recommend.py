"""``marquee recommend``: one user's list, as people read it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd

    from marquee.api.model import Model

WIDTH = 80
_SHORTEST = 8


@click.command
@click.argument("user")
@click.option("--n", type=click.IntRange(min=1), default=10, show_default=True, help="How many.")
@click.option("--why", is_flag=True, help="Say of each movie what it was chosen for.")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    default=Path("data/model"),
    show_default=True,
    help="The folder of the model.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(user: str, n: int, why: bool, model: Path, as_json: bool) -> None:
    """Recommend movies to USER, whose id is one of the data's.

    Movies that USER met before the fit are left out. A user whom the model does not know gets the
    most popular movies, and is told so.
    """
    from marquee.api.model import load

    loaded = load(model)
    found = loaded.recommend(user, n, why=why)
    knows = bool(loaded.knows([user])[0])
    if as_json:
        click.echo(_json(user, loaded, found, knows=knows), nl=False)
        return
    click.echo("\n".join([*_heading(user, loaded, knows=knows), "", *_table(found)]))


def _heading(user: str, model: "Model", *, knows: bool) -> list[str]:
    by = (
        f"{model.name}, fitted on {model.fit_on}: {len(model.user_ids):,} users, "
        f"{len(model.movie_ids):,} movies"
    )
    if knows:
        return [f"For user {user}, by {by}"]
    why = "has one list for everyone" if model.name == "popularity" else "does not know this user"
    return [f"The most popular movies: the model {why}", f"({by})"]


def _table(found: "pd.DataFrame") -> list[str]:
    """Return a header, a line a movie, and below it what it was chosen for, where that is known."""
    scores = _scores(found["score"].tolist())
    rows = [_cells(row, score) for row, score in zip(found.to_dict("records"), scores, strict=True)]
    heads = ("", "title", "year", "genres", "score")
    widths = _widths([heads, *rows])
    lines = [_line(heads, widths)]
    for cells, reason in zip(rows, found.get("why", [None] * len(rows)), strict=True):
        lines.append(_line(cells, widths))
        lines += [] if reason is None else _indented(reason, widths[0] + 2)
    return lines


def _scores(scores: Sequence[float]) -> list[str]:
    """Spell scores with the same number of decimals; none where all are whole, as counts are."""
    digits = 0 if all(score == int(score) for score in scores) else 4
    return [f"{score:,.{digits}f}" for score in scores]


def _cells(row: Mapping[Any, Any], score: str) -> tuple[str, ...]:
    import pandas as pd

    year = "" if pd.isna(row["year"]) else str(row["year"])
    genres = _printable(", ".join(row["genres"]))
    return str(row["rank"]), _printable(row["title"]), year, genres, score


def _printable(text: str) -> str:
    """Keep what a terminal would obey out of it."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Make the table fit: first genres are cut, then titles, never numbers."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    gaps = 2 * (len(widths) - 1)
    for column in (3, 1):
        excess = max(sum(widths) + gaps - WIDTH, 0)
        widths[column] = max(widths[column] - excess, min(widths[column], _SHORTEST))
    return widths


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    rank, title, year, genres, score = (
        _fitted(cell, width) for cell, width in zip(cells, widths, strict=True)
    )
    rank, score = rank.strip().rjust(widths[0]), score.strip().rjust(widths[4])
    return "  ".join((rank, title, year, genres, score)).rstrip()


def _fitted(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return (
        set_cell_size(text, width)
        if cell_len(text) <= width
        else f"{set_cell_size(text, width - 1)}…"
    )


def _indented(reason: str, margin: int) -> list[str]:
    from rich.console import Console
    from rich.text import Text

    lines = Text(_printable(reason)).wrap(Console(), WIDTH - margin)
    return [" " * margin + line.plain.rstrip() for line in lines]


def _json(user: str, model: "Model", found: "pd.DataFrame", *, knows: bool) -> str:
    from marquee.api.ids import as_user
    from marquee.artifacts import canonical_json

    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    return canonical_json(
        {
            "user_id": as_user(user, model.user_ids),
            "model": model.name,
            "fit_on": model.fit_on,
            "personalised": knows,
            "recommendations": rows,
        }
    ).decode()
