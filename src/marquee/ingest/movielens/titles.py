"""MovieLens titles, and the movie ids that the event log would give them."""

import re
from collections.abc import Iterable

_YEAR = re.compile(r"\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$")
_ALSO_KNOWN_AS = re.compile(r"\s*\([^()]*\)\s*$")
_ARTICLE = re.compile(
    r"(.*), (The|A|An|La|Le|Les|L'|El|Los|Las|Il|Lo|I|Gli|O|Os|Un|Une|Der|Die|Das|Den|Det|En|Ett)"
)
_REMOVED = re.compile(r"[^-*+._a-z0-9]")


def split_title(text: str) -> tuple[str, int | None]:
    """Return title and year of ``"Matrix, The (1999)"``: ``("The Matrix", 1999)``.

    Other names in brackets are dropped; a title without a year has None.
    """
    match = _YEAR.search(text)
    title = text[: match.start()] if match else text.strip()
    while (shorter := _ALSO_KNOWN_AS.sub("", title)) not in ("", title):
        title = shorter
    if moved := _ARTICLE.fullmatch(title):
        space = "" if moved[2].endswith("'") else " "
        title = f"{moved[2]}{space}{moved[1]}"
    return title, int(match[1]) if match else None


def movie_ids(titles: Iterable[tuple[int, str, int | None]]) -> dict[int, str]:
    """Give each (number, title, year) its movie id in the grammar of :mod:`marquee.events`.

    Lower case, a space becomes ``+`` and a comma ``_``, all else that the grammar lacks is left
    out, then ``+year`` (or ``+`` alone). Of several movies with one id the lowest number keeps it
    and the others get their number before the year, again until it is unique.
    """
    taken: set[str] = set()
    ids = {}
    for number, title, year in sorted(titles):
        stem, ending = _slug(title), f"+{'' if year is None else f'{year:04}'}"
        while stem + ending in taken:
            stem += f"+{number}"
        ids[number] = stem + ending
        taken.add(stem + ending)
    return ids


def _slug(title: str) -> str:
    return _REMOVED.sub("", title.lower().replace(" ", "+").replace(",", "_"))
