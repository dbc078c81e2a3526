"""From a raw snapshot to tables: parsed, settled, joined, filtered, split, and described."""

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
from marquee.tables.filters import keep_active
from marquee.tables.given_ids import GivenIds, read_given_ids
from marquee.tables.grammar import expect_grammar
from marquee.tables.metadata import read_movies, read_users
from marquee.tables.parse import in_order, parse_chunk, quarantined
from marquee.tables.plots import write_plots
from marquee.tables.quality import (
    filter_report,
    ledger_report,
    metadata_report,
    rating_report,
    split_report,
    viewing_report,
)
from marquee.tables.raw import Snapshot, open_snapshot
from marquee.tables.rules import settle
from marquee.tables.schemas import check_table
from marquee.tables.split import SPLITS, Split, expect_times, instant, split


def clean(params: CleanParams, *, raw: Path, tables: Path, plots: Path) -> dict[str, Any]:
    """Write the tables and plots of a snapshot into new folders; return its quality metrics.

    Every line ends as a typed event, an exact duplicate or in quarantine. :class:`DataError` where
    the snapshot is damaged, its grammar another, or too little of it is left to split;
    :class:`ParameterError` where data without times would be split by time.
    """
    snapshot = open_snapshot(raw)
    if not snapshot.timed:
        expect_times(params.split)
    given = read_given_ids(snapshot)
    parsed = read_events(snapshot, given, params.max_quarantined_share)
    events, ledger = settle(parsed, snapshot.lines)
    viewings = collapse(events.watches, params.session_gap_minutes)
    users = given.user_table(read_users(snapshot.metadata("users.jsonl")))
    movies = given.movie_table(read_movies(snapshot.metadata("movies.jsonl")))
    seen = gather(events.ratings, viewings.rows)
    feedback = keep_active(
        seen, per_user=params.min_ratings_per_user, per_movie=params.min_ratings_per_movie
    )
    shares = split(feedback, params.split)
    parts = {name: feedback.take(shares.part == code) for code, name in enumerate(SPLITS)}
    splits = {name: aggregate(part, events.movie_ids, given) for name, part in parts.items()}
    timed = snapshot.timed
    drift = compare(parts["train"], parts["test"], events.movie_ids, movies.table, timed)
    facts = _facts(shares, params.split.method, timed)

    every = {**_tables(events, viewings, given), "users": users.table, "movies": movies.table}
    _write(tables, {**every, **splits}, snapshot.scale, given)
    write_json(tables / "split.json", {**facts, **_sizes(splits)})
    write_plots(plots, events, splits, drift, timed)
    return {
        **ledger_report(ledger, events.quarantine),
        "ratings": rating_report(events.ratings),
        "viewings": viewing_report(viewings.rows),
        "users": metadata_report(given.user_column(np.unique(seen.user_id)), users),
        "movies": metadata_report(_movies(seen, events), movies),
        "filter": filter_report(seen, feedback),
        "split": {**facts, **split_report(splits)},
        "drift": psi_report(drift),
    }


def read_events(snapshot: Snapshot, given: GivenIds, max_quarantined_share: float) -> Events:
    """Parse a whole snapshot, its movies as given; stop as soon as too many lines are no events.

    Rows that ingest rejected come last. Chunks are parsed in threads but taken in order, so their
    number changes nothing.
    """
    rejected = list(snapshot.rejected_events())
    parsed: list[Events] = []
    parse = partial(parse_chunk, scale=snapshot.scale)
    with tqdm(total=snapshot.lines, unit="line", unit_scale=True, disable=None) as progress:
        for _, events in in_order(parse, snapshot.chunks()):
            parsed.append(given.events(events))
            progress.update(events.lines)
            expect_grammar(parsed, snapshot, rejected, max_quarantined_share)
    parsed.append(quarantined(rejected))
    expect_grammar(parsed, snapshot, rejected, max_quarantined_share)
    return concatenate(parsed)


def _tables(events: Events, viewings: Viewings, given: GivenIds) -> dict[str, pa.Table]:
    ratings, begun, accounts = events.ratings, viewings.rows, events.accounts
    answered = given.user_column(events.recommendations["user_id"].to_numpy())
    column = events.recommendations.column_names.index("user_id")
    return {
        "ratings": pa.table(
            {
                "user_id": given.user_column(ratings.user_id),
                "movie_id": movie_column(ratings.movie, events.movie_ids),
                "at": timestamps(ratings.at),
                "rating": (ratings.value / 100).astype(np.float32),
            }
        ),
        "viewings": pa.table(
            {
                "user_id": given.user_column(begun.user_id),
                "movie_id": movie_column(begun.movie, events.movie_ids),
                "at": timestamps(begun.at),
                "minutes": begun.value,
                "last_minute": viewings.last_minute,
            }
        ),
        "accounts": pa.table(
            {"user_id": given.user_column(accounts.user_id), "at": timestamps(accounts.at)}
        ),
        "recommendations": events.recommendations.set_column(column, "user_id", answered),
        "quarantine": events.quarantine,
    }


def _write(folder: Path, tables: dict[str, pa.Table], scale: RatingScale, given: GivenIds) -> None:
    folder.mkdir(parents=True)
    for name, table in tables.items():
        pq.write_table(
            check_table(name, table, scale, given), folder / f"{name}.parquet", compression="zstd"
        )


def _movies(seen: Feedback, events: Events) -> pa.Array:
    return pa.array(events.movie_ids, pa.string()).take(pa.array(np.unique(seen.movie)))


def _facts(shares: Split, method: str, timed: bool) -> dict[str, Any]:
    """Say how the tables were split; without times, that the column ``at`` means nothing."""
    cuts = shares.cuts and dict(zip(SPLITS[1:], map(instant, shares.cuts), strict=True))
    facts = {"method": method, "label": shares.label, "cuts": cuts, "fold": shares.fold}
    return facts if timed else {**facts, "timed": False}


def _sizes(splits: dict[str, pa.Table]) -> dict[str, Any]:
    report = split_report(splits)
    return {size: {name: report[name][size] for name in splits} for size in ("rows", "users")}
