"""Ids and paths as callers give them, turned into those of a model."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.errors import DataError

Id = int | str

_LARGEST = np.iinfo(np.int64).max
_NOBODY = -1
"""Users with numbers count from 0, so this one is unknown to every model."""


def as_users(user_ids: Iterable[Any], known: NDArray[Any]) -> NDArray[Any]:
    """Return ids of the type that ``known`` has: 42 and "42" are the same user.

    An id that a model with numbers could not have becomes one that nobody has.
    """
    ids = [_checked(one, "user_id") for one in as_list(user_ids, "user_ids")]
    if known.dtype.kind == "U":
        return np.array([str(one) for one in ids], np.str_)
    return np.array([_number(one) for one in ids], np.int64)


def as_user(user_id: Id, known: NDArray[Any]) -> Id:
    """Return one id of the type that ``known`` has, or as it is where it could not be one."""
    found: Id = as_given([user_id], as_users([user_id], known)).tolist()[0]
    return found


def as_given(user_ids: Sequence[Id], users: NDArray[Any]) -> NDArray[Any]:
    """Return the users of :func:`as_users`, ids that could be none of theirs as they were given."""
    if users.dtype.kind == "U" or not (users == _NOBODY).any():
        return users
    pairs = zip(user_ids, users.tolist(), strict=True)
    return np.array([one if user == _NOBODY else user for one, user in pairs], object)


def as_movies(movie_ids: Iterable[Any], name: str = "movie_ids") -> NDArray[np.str_]:
    """Return ids as text, which those of movies always are."""
    return np.array([str(_checked(one, "movie_id")) for one in as_list(movie_ids, name)], np.str_)


def as_path(path: Any) -> Path:
    """Return the path of a folder; what is no path is a :class:`DataError`."""
    if isinstance(path, str | Path):
        return Path(path)
    raise DataError(f"path = {path!r}: expected a folder, as a string or a Path")


def _number(user_id: Id) -> int:
    text = str(user_id)
    canonical = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    return int(text) if canonical and len(text) < 20 and int(text) <= _LARGEST else _NOBODY


def _checked(one: Any, name: str) -> Id:
    if isinstance(one, str):
        if "\0" in one:  # which numpy would cut off
            raise DataError(f"{name} = {one!r}: expected no NUL character")
        return one
    if isinstance(one, int | np.integer) and not isinstance(one, bool):
        return int(one)
    raise DataError(f"{name} = {one!r}: expected an integer or a string")


def as_list(values: Iterable[Any], name: str) -> list[Any]:
    """Return several ids as a list; one alone is a :class:`DataError`."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise DataError(f"{name} = {values!r}: expected several ids, such as a list")
    return list(values)
