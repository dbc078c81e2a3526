"""MovieLens titles, and the movie ids that the event log would give them."""

import re
from collections.abc import Iterable

from marquee.events import make_movie_id

_YEAR = re.compile(r"\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$")
_ALSO_KNOWN_AS = re.compile(r"\s*\([^()]*\)\s*$")
_ARTICLE = re.compile(
    r"(.*), (The|A|An|La|Le|Les|L'|El|Los|Las|Il|Lo|I|Gli|O|Os|Un|Une|Der|Die|Das|Den|Det|En|Ett)"
)


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

    Of several movies with one id the lowest number keeps it and the others get their number
    before the year, again until it is unique.
    """
    taken: set[str] = set()
    ids = {}
    for number, title, year in sorted(titles):
        text = title
        while (found := make_movie_id(text, year)) in taken:
            text += f" {number}"
        ids[number] = found
        taken.add(found)
    return ids
