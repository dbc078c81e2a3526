"""Which column of a table says what: named by the user, or recognised by its usual names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marquee.errors import DataError

Given = Mapping[str, str | int | None]
"""What each column is for: its name, its number from 1, or None where it is to be recognised."""
Chosen = Mapping[str, int]
"""What each column is for, and its position from 0."""

_NOT_IN_NAME = re.compile(r"[^0-9a-z]")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table: the usual names of its columns, and those that it cannot do without.

    ``key`` is where the parameters name the columns, ``path_key`` where they name the file.
    """

    what: str
    key: str
    path_key: str
    names: Mapping[str, frozenset[str]]
    required: tuple[str, ...]

    def role(self, name: str) -> str | None:
        """Say what a column of this name is for, or None where the name is no usual one."""
        plain = plain_name(name)
        return next((role for role, names in self.names.items() if plain in names), None)


def plain_name(name: str) -> str:
    """Return a name in lower case, without underscores, spaces and the like."""
    return _NOT_IN_NAME.sub("", name.lower())


def _names(**roles: str) -> dict[str, frozenset[str]]:
    return {role: frozenset(names.split()) for role, names in roles.items()}


_USER = (
    "user userid uid userno usernumber username customer customerid custid client clientid member "
    "memberid viewer viewerid visitor visitorid account accountid profile profileid reviewer "
    "reviewerid person personid subscriber subscriberid"
)
_MOVIE = (
    "movie movieid mid movieno film filmid item itemid iid itemno product productid content "
    "contentid show showid video videoid media mediaid asin tconst imdbid tmdbid"
)

RATINGS = Kind(
    "ratings",
    "ingest.ratings.columns",
    "ingest.ratings.paths",
    _names(
        user=_USER,
        movie=_MOVIE,
        rating="rating ratings userrating ratingvalue rate score stars star value grade overall",
        timestamp=(
            "timestamp time ts date datetime at createdat created ratedat updatedat watchedat "
            "eventtime eventdate eventtimestamp ratingdate ratingtime ratingtimestamp reviewtime "
            "reviewdate unixreviewtime unixtime unixtimestamp"
        ),
        event="event eventtype eventname type action interaction interactiontype behavior "
        "behaviour behaviortype",
    ),
    ("user", "movie"),
)

USERS = Kind(
    "users",
    "ingest.ratings.users.columns",
    "ingest.ratings.users.path",
    _names(
        user=f"{_USER} id",
        age="age userage",
        gender="gender sex",
        occupation="occupation job profession",
    ),
    ("user",),
)

MOVIES = Kind(
    "movies",
    "ingest.ratings.movies.columns",
    "ingest.ratings.movies.path",
    _names(
        movie=f"{_MOVIE} id",
        title="title movietitle filmtitle name moviename primarytitle",
        year="year releaseyear startyear releasedate released",
        genres="genres genre categories category",
        language="language originallanguage lang",
        runtime="runtime runtimeminutes minutes duration length",
    ),
    ("movie",),
)


def choose(columns: Sequence[str], kind: Kind, given: Given, path: object) -> Chosen:
    """Return the position of each column that is named or recognised.

    A column that is named but not there, a required one that is missing, and one that several
    could be are a :class:`DataError` that lists the columns and names the key to set.
    """
    chosen: dict[str, int] = {}
    for role, wanted in given.items():
        if wanted is not None:
            chosen[role] = _named(columns, kind, role, wanted, path)
    taken = set(chosen.values())
    for role in given:
        if role not in chosen:
            found = [i for i, name in enumerate(columns) if kind.role(name) == role]
            free = [i for i in found if i not in taken]
            if len(free) > 1:
                several = " and ".join(f"{columns[i]!r} (column {i + 1})" for i in free)
                raise DataError(
                    f"{path}: {several} could both be the {role}: {_remedy(kind, role)}"
                )
            chosen |= dict.fromkeys([role], *free) if free else {}
    for role in kind.required:
        if role not in chosen:
            raise DataError(
                f"{path}: no column for the {role} of {kind.what} among {shown(columns)}: "
                f"{_remedy(kind, role)}"
            )
    return chosen


def _named(columns: Sequence[str], kind: Kind, role: str, wanted: str | int, path: object) -> int:
    if isinstance(wanted, int) and 1 <= wanted <= len(columns):
        return wanted - 1
    places = [i for i, name in enumerate(columns) if name == wanted]
    if len(places) > 1:
        numbers = " and ".join(str(i + 1) for i in places)
        raise DataError(
            f"{path}: columns {numbers} are both called {wanted!r}: {_remedy(kind, role)}"
        )
    if places:
        return places[0]
    raise DataError(
        f"{path}: {kind.key}.{role} names column {wanted!r}, and there are {shown(columns)}"
    )


def _remedy(kind: Kind, role: str) -> str:
    option = f" (marquee init --{role} COLUMN)" if kind is RATINGS else ""
    return f"set {kind.key}.{role} to the column's name, or its number from 1{option}"


def shown(columns: Sequence[str]) -> str:
    """List the names of columns, the first twenty of many."""
    more = f" and {len(columns) - 20} more" if len(columns) > 20 else ""
    return "the columns " + ", ".join(repr(name[:40]) for name in columns[:20]) + more
