"""What happened, cut into blocks of lines by time; what has not happened yet is kept."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from marquee.simulation.answers import Answers
from marquee.simulation.lines import Block, Events, Vocabulary
from marquee.simulation.traffic import Day, Rated, Viewings

_Rows = TypeVar("_Rows", Viewings, Rated, Answers, Events)


class Timeline:
    """Days go in, blocks of lines come out; it holds only what goes on or is still to come."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._taken_s = 0
        self._viewings: list[Viewings] = []
        self._rated: list[Rated] = []
        self._answers: list[Answers] = []

    def add(self, day: Day) -> None:
        """Add what begins on a day; nothing of it may be earlier than what was taken."""
        self._viewings += day.viewings
        self._rated += day.rated
        self._answers += day.answers

    def take(self, until_s: int) -> Block:
        """Return the lines before ``until_s``, seconds since 1970, that were not yet taken."""
        viewings, rated = _stacked(self._viewings), _stacked(self._rated)
        answers = _stacked(self._answers)
        watches = self._minutes(viewings, until_s)
        due, done = rated.at_s < until_s, answers.at_us < until_s * 1_000_000
        now = _rows(rated, due)
        ratings = self._vocabulary.ratings(now.at_s, now.user, now.movie, now.value)
        goes_on = viewings.start_s + 60 * (viewings.minutes - 1) >= until_s
        self._viewings = [_rows(viewings, goes_on)]
        self._rated, self._answers = [_rows(rated, ~due)], [_rows(answers, ~done)]
        self._taken_s = until_s
        return self._vocabulary.block(_stacked([watches, ratings]), _rows(answers, done))

    def _minutes(self, viewings: Viewings, until_s: int) -> Events:
        """Describe the minutes that begin from what was taken up to ``until_s``."""
        first = np.clip(-((viewings.start_s - self._taken_s) // 60), 0, viewings.minutes)
        last = np.clip(-((viewings.start_s - until_s) // 60), 0, viewings.minutes)
        count = last - first
        row = np.repeat(np.arange(len(count)), count)
        minute = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
        at_s = viewings.start_s[row] + 60 * minute
        return self._vocabulary.watches(at_s, viewings.user[row], viewings.movie[row], minute)


def _stacked(parts: Sequence[_Rows]) -> _Rows:
    names = [field.name for field in fields(parts[0])]
    return type(parts[0])(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )


def _rows(table: _Rows, chosen: NDArray[np.bool_]) -> _Rows:
    return type(table)(*(getattr(table, field.name)[chosen] for field in fields(table)))
