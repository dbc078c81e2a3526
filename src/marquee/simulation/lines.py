"""Many events at once to the lines that :func:`marquee.events.format_event` would write."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from marquee.events import RatingScale, Recommendation, format_event
from marquee.simulation.answers import SERVER, Answers
from marquee.simulation.exact import FloatArray
from marquee.simulation.kernels import HEAD_BYTES, write_lines
from marquee.simulation.movies import LONGEST_MINUTES
from marquee.simulation.tastes import Positions
from marquee.simulation.users import UserIds

Ints = NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines in order of time: line i is ``text[ends[i - 1]:ends[i]]``, its newline included."""

    text: NDArray[np.uint8]
    ends: Ints
    at_us: Ints
    user: UserIds


@dataclass(frozen=True, slots=True)
class Events:
    """Some events in any order: for each its time, user, and three words of its line."""

    at_us: Ints
    user: UserIds
    words: Ints


class Vocabulary:
    """What lines are made of: ``GET /rate/``, a movie's id, ``=5``."""

    def __init__(self, movie_ids: tuple[str, ...], scale: RatingScale) -> None:
        self._movie_ids = movie_ids
        self._scale = scale
        n_ratings = round((scale.max - scale.min) / scale.step) + 1
        ratings = [f"={scale.min + scale.step * level:g}" for level in range(n_ratings)]
        minutes = [f"/{minute}.mpg" for minute in range(LONGEST_MINUTES)]
        words = ["", "GET /data/m/", "GET /rate/", *movie_ids, *ratings, *minutes]
        self._ratings = 3 + len(movie_ids)
        self._minutes = self._ratings + n_ratings
        self._text, self._ends = _joined([word.encode() for word in words])

    def watches(self, at_s: Ints, user: UserIds, movie: Positions, minute: Ints) -> Events:
        """Describe watched minutes."""
        words = (np.full(len(user), 1), 3 + movie, self._minutes + minute)
        return Events(at_s * 1_000_000, user, np.column_stack(words))

    def ratings(self, at_s: Ints, user: UserIds, movie: Positions, value: FloatArray) -> Events:
        """Describe ratings."""
        level = np.rint((value - self._scale.min) / self._scale.step).astype(np.int64)
        words = (np.full(len(user), 2), 3 + movie, self._ratings + level)
        return Events(at_s * 1_000_000, user, np.column_stack(words))

    def block(self, events: Events, answers: Answers) -> Block:
        """Write events and answers in order of time; ties keep the order given."""
        at_us = np.concatenate((events.at_us, answers.at_us))
        user = np.concatenate((events.user, answers.user))
        order = np.argsort(at_us, kind="stable")
        at_us, user = at_us[order], user[order]
        whole = np.zeros((len(answers.user), 3), dtype=np.int64)
        whole[:, 0] = len(self._ends) + np.arange(len(whole))
        text, ends = _joined([self._answer(answers, row) for row in range(len(whole))])
        text, ends = np.concatenate((self._text, text)), np.concatenate((self._ends, ends))
        ends[len(self._ends) :] += self._ends[-1]
        words = np.concatenate((events.words, whole))[order]
        head = np.where(order < len(events.user), user, -1)
        return Block(*_written(at_us // 1_000_000, head, words, text, ends), at_us, user)

    def _answer(self, answers: Answers, row: int) -> bytes:
        status, body = answers.result(row)
        listed = answers.movies[row].tolist() if body is None else []
        event = Recommendation(
            at=_EPOCH + timedelta(microseconds=int(answers.at_us[row])),
            user_id=int(answers.user[row]),
            server=SERVER,
            status=status,
            movie_ids=tuple(self._movie_ids[movie] for movie in listed if movie >= 0),
            error=body,
            latency_ms=int(answers.latency_ms[row]),
            served=answers.served[row],
        )
        return format_event(event).encode()


def _joined(words: list[bytes]) -> tuple[NDArray[np.uint8], Ints]:
    """Lay words end to end; return the bytes and where each ends."""
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    return np.frombuffer(b"".join(words), dtype=np.uint8), np.cumsum(lengths)


def _written(
    at_s: Ints, head: UserIds, words: Ints, text: NDArray[np.uint8], text_ends: Ints
) -> tuple[NDArray[np.uint8], Ints]:
    lengths = np.diff(text_ends, prepend=0)
    room = int(lengths[words].sum()) + len(words) * (HEAD_BYTES + 1)
    out = np.empty(room, dtype=np.uint8)
    ends = write_lines(at_s, head, words, text, text_ends, out)
    return out[: ends[-1] if len(ends) else 0], ends
