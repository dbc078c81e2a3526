"""The contract of every table that clean writes, checked before it is written."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.pandas import Check

from marquee.errors import DataError
from marquee.events import MOVIE_ID, Fault, RatingScale
from marquee.tables.columns import ID, QUARANTINE, RECOMMENDATIONS, SERVED, TIMESTAMP
from marquee.tables.given_ids import OF_THE_LOG, GivenIds
from marquee.tables.metadata import MAX_AGE, MOVIES, USERS

RATINGS = pa.schema(
    {"user_id": pa.int64(), "movie_id": ID, "at": TIMESTAMP, "rating": pa.float32()}
)
VIEWINGS = pa.schema(
    {
        "user_id": pa.int64(),
        "movie_id": ID,
        "at": TIMESTAMP,
        "minutes": pa.int32(),
        "last_minute": pa.int32(),
    }
)
ACCOUNTS = pa.schema({"user_id": pa.int64(), "at": TIMESTAMP})
INTERACTIONS = RATINGS.append(pa.field("minutes", pa.int32()))

_MOVIE_ID = f"^(?:{MOVIE_ID.pattern})$"
_TABLES = {
    "ratings": RATINGS,
    "viewings": VIEWINGS,
    "accounts": ACCOUNTS,
    "recommendations": RECOMMENDATIONS,
    "quarantine": QUARANTINE,
    "users": USERS,
    "movies": MOVIES,
    "train": INTERACTIONS,
    "validation": INTERACTIONS,
    "test": INTERACTIONS,
}
_NULLABLE = {
    "recommendations": {"error", *SERVED},
    "users": {"age", "gender", "occupation"},
    "movies": {"title", "year", "language", "runtime"},
    "train": {"rating"},
    "validation": {"rating"},
    "test": {"rating"},
}


def check_table(
    name: str, table: pa.Table, scale: RatingScale, given: GivenIds = OF_THE_LOG
) -> pa.Table:
    """Check a table against its contract and return it: columns, types, nulls, ranges, order.

    ``name`` is that of its file without ``.parquet``. Ids are those of the grammar of the log, or
    ``given``. :class:`DataError` says which rule is broken, with an example where a value breaks
    it.
    """
    try:
        _contract(name, scale, given).validate(table.to_pandas(types_mapper=pd.ArrowDtype))
    except pandera.errors.SchemaError as error:
        found = str(error).splitlines()[0].partition(" failure cases:")[0][:300]
        shown = "".join(f", for example {value!r}" for value in _examples(error, scale, given)[:1])
        raise DataError(f"{name}.parquet would break its contract: {found}{shown}") from None
    return table


def _contract(name: str, scale: RatingScale, given: GivenIds) -> pandera.DataFrameSchema:
    checks, nullable = _column_checks(scale, given), _NULLABLE.get(name, set())
    columns = {
        field.name: pandera.Column(
            pd.ArrowDtype(given.user_type if field.name == "user_id" else field.type),
            checks.get(field.name),
            nullable=field.name in nullable,
        )
        for field in _TABLES[name]
    }
    return pandera.DataFrameSchema(columns, _table_checks(name), strict=True, ordered=True)


def _examples(error: pandera.errors.SchemaError, scale: RatingScale, given: GivenIds) -> list[Any]:
    """Return values that break the rule; none where it is about nulls, types or whole rows."""
    if isinstance(error.failure_cases, pd.DataFrame):
        return list(error.failure_cases["failure_case"].dropna())
    if error.column_name in ("movie_id", "movie_ids"):
        return _strange_ids(error.data[error.column_name], given.movies)
    if error.column_name == "rating":
        return _off_scale(error.data["rating"], scale)
    return []


def _column_checks(scale: RatingScale, given: GivenIds) -> dict[str, Check]:
    counts = ("offset", "last_minute", "latency_ms", "minutes")
    of_movies = "the grammar" if given.movies is None else "the snapshot"
    return {
        **dict.fromkeys(counts, Check.ge(0)),
        "user_id": Check.ge(0)
        if given.users is None
        else _rule("ids of the snapshot", lambda ids: not _strange_ids(ids, given.users)),
        **dict.fromkeys(
            ("movie_id", "movie_ids"),
            _rule(f"ids of {of_movies}", lambda ids: not _strange_ids(ids, given.movies)),
        ),
        "rating": _rule(f"ratings of {scale}", lambda column: not _off_scale(column, scale)),
        "status": Check.in_range(0, 999),
        "reason": Check.isin([str(fault) for fault in Fault]),
        "age": Check.in_range(0, MAX_AGE),
        "year": Check.in_range(1, 9999),
        "runtime": Check.gt(0),
    }


def _table_checks(name: str) -> list[Check]:
    if name in ("ratings", "viewings"):
        return [_rule("ordered by user, movie and time", _in_order)]
    if name == "accounts":
        return [_rule("ordered by user and time, one row each", _distinct_accounts)]
    if name in ("users", "movies"):
        return [_rule("ordered by id, one row each", _distinct_ids)]
    if name == "recommendations":
        return [_rule("an error unless status is 200", _failed_or_answered)]
    if name in ("train", "validation", "test"):
        return [
            _rule("ordered by user and movie, one row each", _distinct_pairs),
            _rule("a rating or minutes in every row", _not_empty),
        ]
    return []


def _rule(says: str, holds: Callable[..., bool]) -> Check:
    return Check(holds, error=says)


def _arrow(column: pd.Series) -> pa.ChunkedArray:
    return column.array.__arrow_array__()


def _strange_ids(column: pd.Series, given: Sequence[str] | None) -> list[str]:
    """Return the distinct ids that are not among those given, or not of the log's grammar."""
    ids = _arrow(column)
    if pa.types.is_list(ids.type):
        ids = pc.list_flatten(ids)
    distinct = pc.unique(ids).cast(pa.string())
    known = (
        pc.match_substring_regex(distinct, _MOVIE_ID)
        if given is None
        else pc.is_in(distinct, pa.array(given, pa.string()))
    )
    strange = pc.invert(known)
    return list(distinct.filter(strange).to_pylist())


def _off_scale(column: pd.Series, scale: RatingScale) -> list[float]:
    rated = pc.unique(_arrow(column).drop_null()).to_pylist()
    return [value for value in rated if round(value, 2) not in scale]


def _numbers(frame: pd.DataFrame, *columns: str) -> list[np.ndarray]:
    """Return columns as integers in their order; movies by their position among sorted ids."""
    return [_number(_arrow(frame[column]).combine_chunks()) for column in columns]


def _number(array: pa.Array) -> np.ndarray:
    if pa.types.is_dictionary(array.type):
        ranks = pc.rank(array.dictionary).take(array.indices)
        return np.asarray(ranks)
    if pa.types.is_string(array.type):
        return np.asarray(pc.rank(array, tiebreaker="dense"))
    return np.asarray(array.cast(pa.int64()))


def _ascending(columns: list[np.ndarray], *, strictly: bool) -> bool:
    """Say whether rows ascend by the columns, the first one mattering most."""
    ascends = np.full(max(len(columns[0]) - 1, 0), not strictly)
    for column in reversed(columns):
        before, after = column[:-1], column[1:]
        ascends = (before < after) | ((before == after) & ascends)
    return bool(ascends.all())


def _in_order(frame: pd.DataFrame) -> bool:
    return _ascending(_numbers(frame, "user_id", "movie_id", "at"), strictly=False)


def _distinct_pairs(frame: pd.DataFrame) -> bool:
    return _ascending(_numbers(frame, "user_id", "movie_id"), strictly=True)


def _distinct_accounts(frame: pd.DataFrame) -> bool:
    return _ascending(_numbers(frame, "user_id", "at"), strictly=True)


def _distinct_ids(frame: pd.DataFrame) -> bool:
    return _ascending(_numbers(frame, frame.columns[0]), strictly=True)


def _not_empty(frame: pd.DataFrame) -> bool:
    return bool((frame["rating"].notna() | (frame["minutes"] > 0)).all())


def _failed_or_answered(frame: pd.DataFrame) -> bool:
    return bool(((frame["status"] == 200) == frame["error"].isna()).all())
