"""What was known of a model when it went into service: its training data, and how it was judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
from psycopg2.extras import execute_values
from psycopg2.sql import SQL, Identifier

from marquee.artifacts import read_json
from marquee.errors import DataError
from marquee.tables.interactions import read_interactions
from marquee.telemetry.database import Connection, Cursor

_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Reference:
    """How many users met each movie of the training data, and its genres, where known."""

    users: Mapping[str, int]
    genres: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement: the value with its interval, None where not measured, and its bound."""

    kind: Literal["fairness", "gate"]
    name: str
    verdict: str
    value: float | None
    low: float | None
    high: float | None
    bound: float | None


@dataclass(frozen=True, slots=True)
class Background:
    """What stood beside a model: None, or no verdicts, where nothing did."""

    reference: Reference | None
    verdicts: Sequence[Verdict]


def read_background(data: Path, gate: Path | None) -> Background:
    """Read the tables and the fairness report in the folder of a model, where they are there.

    ``gate`` is what ``marquee gate --json`` printed. A damaged file is a
    :class:`~marquee.errors.DataError`.
    """
    tables, fairness = data / "tables", data / "reports/fairness.json"
    verdicts = read_fairness(fairness) if fairness.exists() else []
    return Background(
        reference=read_reference(tables) if tables.is_dir() else None,
        verdicts=[*verdicts, *([read_gate(gate)] if gate else [])],
    )


def record_background(connection: Connection, version: str, background: Background) -> None:
    """Keep what was known of a model, in the place of what was kept of it, and commit."""
    with connection, connection.cursor() as cursor:
        if background.reference:
            _keep_reference(cursor, version, background.reference)
        verdicts = [
            (version, v.kind, v.name, v.verdict, v.value, v.low, v.high, v.bound)
            for v in background.verdicts
        ]
        _replace(cursor, "model_verdict", version, verdicts)


def read_reference(tables: Path) -> Reference:
    """Count the users of each movie in the pipeline's tables, what models are fitted on.

    :class:`~marquee.errors.DataError` where a table is missing or empty.
    """
    rows = read_interactions(tables / f"{split}.parquet" for split in ("train", "validation"))
    met = Counter(rows.movie_ids[rows.movie_idx].tolist())
    movies = _read_movies(tables / "movies.parquet")
    return Reference(met, {movie_id: movies.get(movie_id, ()) for movie_id in met})


def _read_movies(path: Path) -> dict[str, Sequence[str]]:
    try:
        table = pq.read_table(path, columns=["movie_id", "genres"])
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, expected the table of movies") from None
    pairs = zip(table["movie_id"].to_pylist(), table["genres"].to_pylist(), strict=True)
    return {movie_id: genres or () for movie_id, genres in pairs}


def read_fairness(path: Path) -> list[Verdict]:
    """Read the requirements of a ``fairness.json``; :class:`~marquee.errors.DataError` if damaged.

    One that was not measured has no figures.
    """
    report = read_json(path)
    found = report.get("requirements") if isinstance(report, dict) else None
    if not isinstance(found, dict):
        raise DataError(f"{path}: expected the fairness metrics of a run, with its requirements")
    return [
        Verdict(
            kind="fairness",
            name=name,
            verdict=_expect(path, each, "verdict"),
            value=each.get("gap"),
            low=each.get("gap_low"),
            high=each.get("gap_high"),
            bound=each.get("max_gap"),
        )
        for name, each in sorted(found.items())
    ]


def read_gate(path: Path) -> Verdict:
    """Read what ``marquee gate --json`` printed; :class:`~marquee.errors.DataError` if damaged."""
    found = read_json(path)
    interval = _expect(path, found, "interval")
    return Verdict(
        kind="gate",
        name=_expect(path, found, "metric"),
        verdict=_expect(path, found, "verdict"),
        value=_expect(path, found, "difference"),
        low=interval.get("low"),
        high=interval.get("high"),
        bound=-_expect(path, found, "margin"),
    )


def _expect(path: Path, found: Any, key: str) -> Any:
    if not isinstance(found, dict) or key not in found:
        raise DataError(f"{path}: found no {key}, expected a judgement with one")
    return found[key]


def _keep_reference(cursor: Cursor, version: str, reference: Reference) -> None:
    tenths = _tenths(reference.users)
    bins = Counter[tuple[str, str]]()
    for movie_id, users in reference.users.items():
        bins["popularity", tenths[movie_id]] += users
        for genre in reference.genres[movie_id]:
            bins["genre", genre] += users
    movies = [
        (version, movie_id, list(reference.genres[movie_id]), tenths[movie_id])
        for movie_id in reference.users
    ]
    _replace(cursor, "reference_movie", version, movies)
    counts = [(version, *of_bin, events) for of_bin, events in bins.items()]
    _replace(cursor, "reference_distribution", version, counts)


def _tenths(users: Mapping[str, int]) -> dict[str, str]:
    """Bin movies so that each bin holds a tenth of all events, the most popular first."""
    total, before, bins = max(sum(users.values()), 1), 0, {}
    for movie_id in sorted(users, key=lambda movie: (-users[movie], movie)):
        bins[movie_id] = f"tenth {before * _TENTHS // total + 1}"
        before += users[movie_id]
    return bins


def _replace(cursor: Cursor, table: str, version: str, rows: Sequence[tuple[Any, ...]]) -> None:
    name = Identifier("telemetry", table)
    cursor.execute(SQL("DELETE FROM {} WHERE model_version = %s").format(name), (version,))
    execute_values(cursor, SQL("INSERT INTO {} VALUES %s").format(name), rows)
