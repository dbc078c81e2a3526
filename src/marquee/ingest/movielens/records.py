"""One record of a MovieLens file: a movie or a user, in each of its spellings."""

import csv
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marquee.ingest.metadata import Row, UnreadableRow
from marquee.ingest.movielens.titles import split_title

# The order of the flags in u.item; each data set names its genres itself otherwise.
_ITEM_GENRES = (
    "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|"
    "Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western"
)
# The codes of users.dat, from the data set's README.
_OCCUPATIONS = (
    "other or not specified|academic/educator|artist|clerical/admin|college/grad student|"
    "customer service|doctor/health care|executive/managerial|farmer|homemaker|K-12 student|"
    "lawyer|programmer|retired|sales/marketing|scientist|self-employed|technician/engineer|"
    "tradesman/craftsman|unemployed|writer"
)
_NO_GENRES = "(no genres listed)"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Movie:
    """A movie by its number in the data set, with what else is known of it."""

    number: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    more: Row = field(default_factory=dict)


def item_movie(text: str) -> Movie:
    """Read ``1|Toy Story (1995)|01-Jan-1995||http://…|0|0|0|1|…`` (ml-100k)."""
    names = _ITEM_GENRES.split("|")
    number, title, released, _, _, *flags = _fields(text.split("|"), 5 + len(names))
    genres = [name for name, flag in zip(names, flags, strict=True) if flag == "1"]
    return _movie(number, title, genres, _release_date(released))


def dat_movie(text: str) -> Movie:
    """Read ``1::Toy Story (1995)::Animation|Children's|Comedy`` (ml-1m, ml-10m)."""
    number, title, genres = _fields(text.split("::"), 3)
    return _movie(number, title, genres.split("|"))


def csv_movie(text: str) -> Movie:
    """Read ``1,Toy Story (1995),Adventure|Animation`` (the later ones)."""
    number, title, genres = _fields(next(csv.reader([text]), []), 3)
    return _movie(number, title, genres.split("|"))


def item_user(text: str) -> Row:
    """Read ``1|24|M|technician|85711`` (ml-100k)."""
    user_id, age, gender, occupation, _ = _fields(text.split("|"), 5)
    return {"user_id": user_id, "age": age, "gender": gender, "occupation": occupation}


def dat_user(text: str) -> Row:
    """Read ``1::F::1::10::48067`` (ml-1m): ages are the lower bounds of bands, 1 is under 18."""
    user_id, gender, age, code, _ = _fields(text.split("::"), 5)
    names = _OCCUPATIONS.split("|")
    if _number(code) >= len(names):
        raise UnreadableRow(f"no occupation has code {code}")
    occupation = names[int(code)]
    return {"user_id": user_id, "age": age, "gender": gender, "occupation": occupation}


def csv_link(text: str) -> tuple[int, dict[str, Any]]:
    """Read ``1,0114709,862``: the movie's number, and its ids at IMDb and TMDB if there."""
    number, imdb, tmdb = _fields(text.split(","), 3)
    links: dict[str, Any] = {"imdb_id": f"tt{imdb}"} if imdb else {}
    if tmdb:
        links["tmdb_id"] = _number(tmdb)
    return _number(number), links


def _fields(fields: list[str], expected: int) -> list[str]:
    if len(fields) != expected:
        raise UnreadableRow(f"{len(fields)} fields, expected {expected}")
    return fields


def _movie(number: str, text: str, genres: list[str], more: Row | None = None) -> Movie:
    title, year = split_title(text)
    if not title:
        raise UnreadableRow("no title")
    known = tuple(name for name in genres if name not in ("", _NO_GENRES))
    return Movie(_number(number), title, year, known, more or {})


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise UnreadableRow(f"{text[:40]!r} is no number")
    return int(text)


def _release_date(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        return {"release_date": datetime.strptime(text, "%d-%b-%Y").date().isoformat()}
    except ValueError:
        raise UnreadableRow("release date") from None
