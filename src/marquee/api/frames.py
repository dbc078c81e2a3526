"""DataFrames of callers, checked and turned into what models learn from."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.errors import DataError
from marquee.tables.ids import fault_of_id
from marquee.tables.interactions import IntArray, Interactions, merge_pairs
from marquee.tables.metadata import MOVIES

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = ("user_id", "movie_id")
_OPTIONAL = ("rating", "minutes", "at", "timestamp")
_OF_MOVIES = ("title", "year", "genres")
_LAST_YEAR = 9999


def as_interactions(frame: "pd.DataFrame") -> Interactions:
    """Return the rows of a frame as :func:`marquee.fit` describes it, one a pair."""
    _expect_columns(frame, "frame", _NEEDED, _OPTIONAL)
    if frame.empty:
        raise DataError("frame: found no rows, expected at least one")
    user_ids, user_idx = _ids(frame, "user_id", as_text=False)
    movie_ids, movie_idx = _ids(frame, "movie_id", as_text=True)
    return merge_pairs(
        Interactions(
            user_ids=user_ids,
            movie_ids=movie_ids,
            user_idx=user_idx,
            movie_idx=movie_idx,
            rating=_numbers(frame, "rating", np.nan).astype(np.float32),
            minutes=_minutes(frame),
            at=_times(frame),
        )
    )


def as_metadata(movies: "pd.DataFrame | None") -> pa.Table:
    """Return a table of movies, the first row of each; empty where nothing is known."""
    if movies is None:
        return MOVIES.empty_table()
    _expect_columns(movies, "movies", ("movie_id",), _OF_MOVIES)
    _distinct(movies, "movies", "movie_id")
    known = movies.drop_duplicates("movie_id")
    rows = [
        {
            "movie_id": str(row["movie_id"]),
            "title": _text(row.get("title")),
            "year": _year(row.get("year")),
            "genres": _genres(row.get("genres")),
        }
        for row in known.to_dict("records")
    ]
    return pa.Table.from_pylist(rows, MOVIES)


def _expect_columns(
    frame: Any, name: str, needed: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{name}: found a {type(frame).__name__}, expected a pandas DataFrame")
    found = list(frame.columns)
    wrong = [column for column in found if column not in (*needed, *optional)]
    lacking = [column for column in needed if column not in found]
    if wrong or lacking or len(set(found)) < len(found):
        raise DataError(
            f"{name}: found the columns {', '.join(map(str, found)) or 'none'}; expected "
            f"{' and '.join(needed)}, optionally {', '.join(optional)}, and no others"
        )


def _ids(frame: "pd.DataFrame", name: str, *, as_text: bool) -> tuple[NDArray[Any], IntArray]:
    """Return the sorted ids of a column, and each row's position among them."""
    codes, ids = _distinct(frame, "frame", name)
    numbers = not as_text and all(
        not isinstance(one, str) and 0 <= one <= np.iinfo(np.int64).max for one in ids
    )
    plain = (
        np.array([int(one) for one in ids], np.int64)
        if numbers
        else np.array([str(one) for one in ids], np.str_)
    )
    unique, position = np.unique(plain, return_inverse=True)
    return unique, position[codes].astype(np.int32)


def _distinct(frame: "pd.DataFrame", where: str, name: str) -> tuple[NDArray[np.intp], Any]:
    """Return each row's position among the distinct ids of a column, and these; all are checked."""
    import pandas as pd

    column = frame[name]
    if missing := int(column.isna().sum()):
        raise DataError(f"{where}: {name} is missing in {missing} of {len(column)} rows")
    try:
        codes, ids = pd.factorize(column)
    except TypeError:  # a list, say, which cannot be looked up
        raise DataError(f"{where}: {name}: expected integers or strings in all rows") from None
    for one in ids:
        if fault := _fault(one):
            raise DataError(f"{where}: {name} = {one!r}: {fault}")
    return codes, ids


def _fault(one: Any) -> str | None:
    """Say why something cannot be an id, or None where it can."""
    if isinstance(one, str):
        return fault_of_id(one)
    is_whole = isinstance(one, int | np.integer) and not isinstance(one, bool)
    return None if is_whole else "expected integers or strings"


def _numbers(frame: "pd.DataFrame", name: str, absent: float) -> NDArray[np.float64]:
    """Return a column as numbers; ``absent`` where there is no value, or no such column."""
    import pandas as pd

    if name not in frame:
        return np.full(len(frame), absent)
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise DataError(f"frame: {name} is of type {column.dtype}, expected numbers")
    values = column.to_numpy(np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise DataError(f"frame: {name} has infinite values, expected numbers")
    return np.where(np.isnan(values), absent, values)


def _minutes(frame: "pd.DataFrame") -> IntArray:
    minutes = np.rint(_numbers(frame, "minutes", 0))
    if (minutes < 0).any() or (minutes > np.iinfo(np.int32).max).any():
        raise DataError(
            f"frame: minutes from {minutes.min():g} to {minutes.max():g}, expected 0 or more"
        )
    return minutes.astype(np.int32)


def _times(frame: "pd.DataFrame") -> NDArray[np.int64]:
    """Return microseconds since 1970; 0 where the frame has no times."""
    import pandas as pd

    names = [name for name in ("at", "timestamp") if name in frame]
    if not names:
        return np.zeros(len(frame), np.int64)
    if len(names) > 1:
        raise DataError("frame: found the columns at and timestamp, expected one of them")
    column = frame[names[0]]
    seconds = pd.api.types.is_numeric_dtype(column)
    how: dict[str, Any] = {"unit": "s"} if seconds else {"format": "ISO8601"}
    try:
        times = pd.to_datetime(column, utc=True, **how)
    except (ValueError, TypeError, OverflowError) as error:
        said = str(error).splitlines()[0].partition(". ")[0].rstrip(".")
        raise DataError(
            f"frame: {names[0]}: {said}; expected datetimes or seconds since 1970"
        ) from None
    if missing := int(times.isna().sum()):
        raise DataError(f"frame: {names[0]} is missing in {missing} of {len(frame)} rows")
    if (far := times.max()).year > _LAST_YEAR:
        raise DataError(
            f"frame: {names[0]} goes up to the year {far.year}; expected datetimes or "
            "seconds since 1970, not milliseconds"
        )
    at: NDArray[np.int64] = times.dt.as_unit("us").astype("int64").to_numpy()
    return at


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _year(value: Any) -> int | None:
    import pandas as pd

    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    try:
        year = int(value)
    except (ValueError, TypeError, OverflowError):
        year = -1
    if not 0 <= year <= _LAST_YEAR:
        raise DataError(f"movies: year = {value!r}: expected a whole number from 0 to {_LAST_YEAR}")
    return year


def _genres(value: Any) -> list[str]:
    if isinstance(value, str):
        return [name for name in value.split("|") if name]
    return [str(name) for name in value] if isinstance(value, list | tuple | np.ndarray) else []
