"""From a raw snapshot to tables: parsed, settled, joined, split, filtered, and described."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from marquee.artifacts import write_json
from marquee.events import RatingScale
from marquee.params import CleanParams
from marquee.tables.columns import Events, concatenate, movie_column, timestamps
from marquee.tables.drift import compare, psi_report
from marquee.tables.feedback import Feedback, Viewings, aggregate, collapse, gather
from marquee.tables.filters import filter_train
from marquee.tables.metadata import Metadata, read_movies, read_users
from marquee.tables.parse import in_order, parse_chunk
from marquee.tables.plots import write_plots
from marquee.tables.quality import (
    ledger_report,
    metadata_report,
    rating_report,
    split_report,
    viewing_report,
)
from marquee.tables.raw import Snapshot, open_snapshot
from marquee.tables.rules import expect_grammar, settle
from marquee.tables.schemas import check_table
from marquee.tables.split import SPLITS, Split, instant, split


def clean(params: CleanParams, *, raw: Path, tables: Path, plots: Path) -> dict[str, Any]:
    """Write the tables and plots of a snapshot into new folders; return its quality metrics.

    Every line ends as a typed event, an exact duplicate or in quarantine. :class:`DataError` where
    the snapshot is damaged, its grammar another, or too little of it is left to split.
    """
    snapshot = open_snapshot(raw)
    events, ledger = settle(read_events(snapshot, params.max_quarantined_share), snapshot.lines)
    viewings = collapse(events.watches, params.session_gap_minutes)
    users = read_users(snapshot.metadata("users.jsonl"))
    movies = read_movies(snapshot.metadata("movies.jsonl"))
    seen = gather(events.ratings, viewings.rows)
    shares = split(seen, params.split)
    parts = {name: seen.take(shares.part == code) for code, name in enumerate(SPLITS)}
    filtered = filter_train(parts["train"], params)
    parts["train"] = filtered.feedback
    splits = {name: aggregate(part, events.movie_ids) for name, part in parts.items()}
    drift = compare(parts["train"], parts["test"], events.movie_ids, movies.table)

    _write(tables, {**_tables(events, viewings, users, movies), **splits}, snapshot.scale)
    write_json(tables / "ratings.json", _about_ratings(snapshot, events))
    write_json(tables / "split.json", {**_facts(shares, params.split.method), **_sizes(splits)})
    write_plots(plots, events, splits, drift)
    return {
        **ledger_report(ledger, events.quarantine),
        "ratings": rating_report(events.ratings),
        "viewings": viewing_report(viewings.rows),
        "users": metadata_report(pa.array(np.unique(seen.user_id)), users),
        "movies": metadata_report(_movies(seen, events), movies),
        "filter": filtered.report,
        "split": {**_facts(shares, params.split.method), **split_report(splits)},
        "drift": psi_report(drift),
    }


def read_events(snapshot: Snapshot, max_quarantined_share: float) -> Events:
    """Parse a whole snapshot; stop as soon as too many lines are no events.

    Chunks are parsed in threads but taken in order, so their number changes nothing.
    """
    parsed: list[Events] = []
    parse = partial(parse_chunk, scale=snapshot.scale)
    with tqdm(total=snapshot.lines, unit="line", unit_scale=True, disable=None) as progress:
        for _, events in in_order(parse, snapshot.chunks()):
            parsed.append(events)
            progress.update(events.lines)
            expect_grammar(
                [part.quarantine for part in parsed], snapshot.lines, max_quarantined_share
            )
    return concatenate(parsed)


def _tables(
    events: Events, viewings: Viewings, users: Metadata, movies: Metadata
) -> dict[str, pa.Table]:
    ratings, begun = events.ratings, viewings.rows
    return {
        "ratings": pa.table(
            {
                "user_id": ratings.user_id,
                "movie_id": movie_column(ratings.movie, events.movie_ids),
                "at": timestamps(ratings.at),
                "rating": (ratings.value / 100).astype(np.float32),
            }
        ),
        "viewings": pa.table(
            {
                "user_id": begun.user_id,
                "movie_id": movie_column(begun.movie, events.movie_ids),
                "at": timestamps(begun.at),
                "minutes": begun.value,
                "last_minute": viewings.last_minute,
            }
        ),
        "accounts": pa.table(
            {"user_id": events.accounts.user_id, "at": timestamps(events.accounts.at)}
        ),
        "recommendations": events.recommendations,
        "quarantine": events.quarantine,
        "users": users.table,
        "movies": movies.table,
    }


def _write(folder: Path, tables: dict[str, pa.Table], scale: RatingScale) -> None:
    folder.mkdir(parents=True)
    for name, table in tables.items():
        pq.write_table(
            check_table(name, table, scale), folder / f"{name}.parquet", compression="zstd"
        )


def _movies(seen: Feedback, events: Events) -> pa.Array:
    return pa.array(events.movie_ids, pa.string()).take(pa.array(np.unique(seen.movie)))


def _about_ratings(snapshot: Snapshot, events: Events) -> dict[str, Any]:
    return {"scale": asdict(snapshot.scale), "rows": len(events.ratings)}


def _facts(shares: Split, method: str) -> dict[str, Any]:
    cuts = shares.cuts and dict(zip(SPLITS[1:], map(instant, shares.cuts), strict=True))
    return {"method": method, "label": shares.label, "cuts": cuts, "fold": shares.fold}


def _sizes(splits: dict[str, pa.Table]) -> dict[str, Any]:
    report = split_report(splits)
    return {size: {name: report[name][size] for name in splits} for size in ("rows", "users")}
