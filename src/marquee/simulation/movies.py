"""What there is to watch: the catalogue, with each movie's quality, popularity and tastes served.

Nine of ten movies are there from the start; the others appear during the simulated time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.events import make_movie_id
from marquee.simulation.draws import Stream, normals, pick, uniforms
from marquee.simulation.exact import FloatArray, exp, log
from marquee.simulation.titles import title

LATE_SHARE = 0.1
POPULARITY_SIGMA = 1.0
SHORTEST_MINUTES, LONGEST_MINUTES = 45, 240
_OPENING = 10
"""So many movies are there from the start, however small the catalogue."""
QUALITY_DRAW = 0.4
"""How much a standard deviation of quality adds to log popularity."""

TASTES: dict[str, tuple[float, tuple[str, ...]]] = {
    "action": (0.13, ("Action", "Adventure")),
    "science fiction": (0.11, ("Science Fiction", "Action")),
    "thriller": (0.13, ("Thriller", "Crime")),
    "comedy": (0.16, ("Comedy",)),
    "fantasy": (0.08, ("Fantasy", "Adventure")),
    "horror": (0.08, ("Horror", "Thriller")),
    "drama": (0.10, ("Drama",)),
    "romance": (0.05, ("Romance", "Drama")),
    "family": (0.05, ("Animation", "Family")),
    "mystery": (0.04, ("Mystery", "Crime")),
    "history": (0.04, ("History", "War")),
    "music": (0.03, ("Music", "Documentary")),
}
"""Each taste's share of the catalogue, and the genres of its movies."""

_GENRE_IDS = {
    "Action": 28,
    "Adventure": 12,
    "Animation": 16,
    "Comedy": 35,
    "Crime": 80,
    "Documentary": 99,
    "Drama": 18,
    "Family": 10751,
    "Fantasy": 14,
    "History": 36,
    "Horror": 27,
    "Music": 10402,
    "Mystery": 9648,
    "Romance": 10749,
    "Science Fiction": 878,
    "Thriller": 53,
    "War": 10752,
}
_LANGUAGES = ("en", "English"), ("fr", "Français"), ("ja", "日本語"), ("es", "Español")
_LANGUAGE_SHARES = np.array([0.8, 0.9, 0.95, 1.0])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The movies, by number from 0.

    ``main`` and ``side`` are the positions in :data:`TASTES` that a movie serves first and second
    (they may be equal). ``quality`` is standard normal, ``popularity`` a positive weight,
    ``runtime`` in minutes, ``released`` a share of the simulated time, ``year`` 0 where unknown.
    """

    seed: int
    ids: tuple[str, ...]
    titles: tuple[str, ...]
    year: NDArray[np.int64]
    main: NDArray[np.intp]
    side: NDArray[np.intp]
    quality: FloatArray
    popularity: FloatArray
    runtime: NDArray[np.int64]
    released: FloatArray


def make_catalogue(seed: int, n_movies: int, last_year: int) -> Catalogue:
    """Make ``n_movies`` movies, none made after ``last_year``; ids are unique."""
    numbers = np.arange(n_movies)
    titles = tuple(title(number, seed) for number in numbers.tolist())
    year = _years(seed, numbers, last_year)
    ids = tuple(
        make_movie_id(text, made or None) for text, made in zip(titles, year.tolist(), strict=True)
    )
    shares = np.cumsum([share for share, _ in TASTES.values()])
    quality = normals(seed, Stream.QUALITY, numbers)
    fame = POPULARITY_SIGMA * normals(seed, Stream.POPULARITY, numbers) + QUALITY_DRAW * quality
    late = np.maximum(uniforms(seed, Stream.RELEASE, numbers) - (1 - LATE_SHARE), 0) / LATE_SHARE
    late[:_OPENING] = 0
    return Catalogue(
        seed=seed,
        ids=ids,
        titles=titles,
        year=year,
        main=pick(shares / shares[-1], uniforms(seed, Stream.MOVIE_TASTE, numbers, 0)),
        side=pick(shares / shares[-1], uniforms(seed, Stream.MOVIE_TASTE, numbers, 1)),
        quality=quality,
        popularity=exp(fame),
        runtime=np.clip(
            105 + 18 * normals(seed, Stream.RUNTIME, numbers), SHORTEST_MINUTES, LONGEST_MINUTES
        ).astype(np.int64),
        released=late,
    )


def _years(seed: int, numbers: NDArray[np.int64], last_year: int) -> NDArray[np.int64]:
    """Most movies are recent; one in five hundred has no year."""
    age = (-18 * log(uniforms(seed, Stream.YEAR, numbers))).astype(np.int64)
    return np.where(numbers % 499 == 31, 0, np.maximum(last_year - age, 1920))


def movie_rows(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield each movie as the metadata API answers ``GET /movie/<id>``; numbers are strings."""
    for number in range(len(catalogue.ids)):
        yield movie_row(catalogue, number)


def movie_row(catalogue: Catalogue, number: int) -> dict[str, Any]:
    """Return one movie as :func:`movie_rows` does."""
    draws = uniforms(catalogue.seed, Stream.METADATA, number, np.arange(6)).tolist()
    code, language = _LANGUAGES[int(pick(_LANGUAGE_SHARES, np.array(draws[0])))]
    year = int(catalogue.year[number])
    votes = 1 + int(100 * catalogue.popularity[number])
    genres = _genres(catalogue, number) if draws[1] > 0.01 else ()
    return {
        "id": catalogue.ids[number],
        "tmdb_id": 1000 + number,
        "imdb_id": f"tt{1_000_000 + number:07d}",
        "title": catalogue.titles[number],
        "original_title": catalogue.titles[number],
        "adult": "False",
        "belongs_to_collection": {},
        "budget": str(int(draws[2] * 200) * 1_000_000 if draws[2] > 0.6 else 0),
        "genres": [{"id": _GENRE_IDS[name], "name": name} for name in genres],
        "homepage": "null",
        "original_language": code,
        "overview": f"A story of {' and '.join(genres).lower() or 'some kind'}.",
        "popularity": f"{catalogue.popularity[number]:.6f}",
        "poster_path": "null",
        "production_companies": [{"name": "Marquee Pictures", "id": 1}],
        "production_countries": [],
        "release_date": f"{year}-{1 + int(12 * draws[3]):02}-{1 + int(28 * draws[4]):02}"
        if year
        else "null",
        "revenue": str(int(draws[5] * 500) * 1_000_000 if draws[5] > 0.6 else 0),
        "runtime": int(catalogue.runtime[number]),
        "spoken_languages": [{"iso_639_1": code, "name": language}],
        "status": "Released",
        "vote_average": f"{min(max(6.5 + catalogue.quality[number], 0.0), 10.0):.1f}",
        "vote_count": str(votes),
    }


def _genres(catalogue: Catalogue, number: int) -> tuple[str, ...]:
    """List the genres of the first taste, then the leading one of the second."""
    by_taste = [genres for _, genres in TASTES.values()]
    both = by_taste[catalogue.main[number]] + by_taste[catalogue.side[number]][:1]
    return tuple(dict.fromkeys(both))
