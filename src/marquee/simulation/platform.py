"""The whole platform: its log, its metadata, and the truth behind them."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any

import numpy as np

from marquee.events import RatingScale
from marquee.params import SimulatorParams
from marquee.simulation.activity import DAY_S, base_rate
from marquee.simulation.corruption import Corruption, Ledger, Written
from marquee.simulation.lines import Vocabulary
from marquee.simulation.metadata import damaged_user_rows
from marquee.simulation.movies import make_catalogue, movie_rows
from marquee.simulation.tastes import Preferences
from marquee.simulation.timeline import Timeline
from marquee.simulation.traffic import Traffic

_LINES_A_BLOCK = 50_000


class Platform:
    """A platform that never was; the same parameters give the same bytes on every machine.

    Users are numbered from 1. More lines than the users could watch is a
    :class:`~marquee.errors.ParameterError`.
    """

    def __init__(self, params: SimulatorParams, scale: RatingScale) -> None:
        self.params = params
        self._scale = scale
        base_rate(params)  # says at once when the users cannot watch so much
        last_year = date.fromisoformat(params.start).year
        self._catalogue = make_catalogue(params.seed, params.movies, last_year)
        self._corruption = Corruption(params.seed, params.fault_rate, scale)
        self.truth = Preferences(self._catalogue, scale)
        """What every user thinks of every movie."""

    @property
    def ledger(self) -> Ledger:
        """The faults in what was read so far of :meth:`lines` and :meth:`users`."""
        return self._corruption.ledger

    def lines(self) -> Iterator[bytes]:
        """Yield the text of :meth:`blocks`."""
        return (block.text for block in self.blocks())

    def records(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield each line without its newline, between its user and its time.

        The time is in microseconds since 1970. The user of a damaged line is that of the event
        that it was.
        """
        return chain.from_iterable(block.records() for block in self.blocks())

    def blocks(self) -> Iterator[Written]:
        """Yield the log in blocks of whole lines in order of time; some blocks may be empty.

        Memory depends on users and movies, not on lines. The log ends with its last day, in the
        middle of what goes on then.
        """
        traffic = Traffic(self.params, self.truth)
        timeline = Timeline(Vocabulary(self._catalogue.ids, self._scale))
        parts = max(1, self.params.lines // self.params.days // _LINES_A_BLOCK)
        for day in range(self.params.days):
            timeline.add(traffic.day(day))
            for part in range(1, parts + 1):
                until_s = traffic.start_s + day * DAY_S + DAY_S * part // parts
                yield self._corruption.apply(timeline.take(until_s))

    def users(self) -> Iterator[dict[str, Any]]:
        """Yield the users' rows of the metadata API, with faults at the rate of the lines."""
        users = np.arange(1, self.params.users + 1)
        return damaged_user_rows(self.params, self._catalogue, users, self.ledger)

    def movies(self) -> Iterator[dict[str, Any]]:
        """Yield the movies' rows of the metadata API."""
        return movie_rows(self._catalogue)
