"""Ids as callers give them, turned into those of a model."""

from collections.abc import Iterable
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
    ids = [_checked(one, "user_id") for one in _many(user_ids, "user_ids")]
    if known.dtype.kind == "U":
        return np.array([str(one) for one in ids], np.str_)
    return np.array([_number(one) for one in ids], np.int64)


def as_user(user_id: Id, known: NDArray[Any]) -> Id:
    """Return one id of the type that ``known`` has, or as it is where it could not be one."""
    found: Id = as_users([user_id], known)[0].item()
    return user_id if found == _NOBODY else found


def as_movies(movie_ids: Iterable[Any], name: str = "movie_ids") -> NDArray[np.str_]:
    """Return ids as text, which those of movies always are."""
    return np.array([str(_checked(one, "movie_id")) for one in _many(movie_ids, name)], np.str_)


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


def _many(values: Iterable[Any], name: str) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise DataError(f"{name} = {values!r}: expected several ids, such as a list")
    return list(values)
