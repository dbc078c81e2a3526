"""User metadata as real exports give it: some rows missing, some of another table, a new column."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from marquee.params import SimulatorParams
from marquee.simulation.corruption import Ledger
from marquee.simulation.draws import Stream, uniforms
from marquee.simulation.movies import Catalogue, movie_row
from marquee.simulation.users import UserIds, user_rows


class RowFault(StrEnum):
    """What can happen to user metadata."""

    USER_MISSING = "user_missing"
    MOVIE_AMONG_USERS = "movie_among_users"
    COLUMN_ADDED = "column_added"


def damaged_user_rows(
    params: SimulatorParams, catalogue: Catalogue, users: UserIds, ledger: Ledger
) -> Iterator[dict[str, Any]]:
    """Yield user rows with faults: at the fault rate, a user is missing or a movie row follows.

    From the middle of the users on, rows have a column more, ``country``.
    """
    draws = uniforms(params.seed, Stream.USER_ROW, users).tolist()
    rate = params.fault_rate
    for row, draw in zip(user_rows(params.seed, users), draws, strict=True):
        if draw < rate / 2:
            ledger.add(RowFault.USER_MISSING, "nothing")
            continue
        if rate and row["user_id"] > params.users / 2:
            ledger.add(RowFault.COLUMN_ADDED, "user")
            row["country"] = "us"
        yield row
        if draw < rate:
            ledger.add(RowFault.MOVIE_AMONG_USERS, "movie")
            yield movie_row(catalogue, row["user_id"] % len(catalogue.ids))
