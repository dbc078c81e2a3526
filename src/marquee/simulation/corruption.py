"""Faults on purpose: what real logs suffer, at a chosen rate, and nothing of it kept secret."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from marquee.events import MalformedLine, RatingScale, parse_line
from marquee.simulation.draws import Stream, hashes, uniforms
from marquee.simulation.lines import Block, Ints
from marquee.simulation.tastes import Positions
from marquee.simulation.users import UserIds

Dice = Iterator[float]
"""Uniform draws that belong to one line."""

_DICE = 24
_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 "
_MOVIE = re.compile(r"(?<=GET /data/m/)[^/]*(?=/)|(?<=GET /rate/)[^=]*(?==)")


class LineFault(StrEnum):
    """What can happen to a line."""

    INSERTED_CHARACTER = "inserted_character"
    RANDOM_MOVIE_ID = "random_movie_id"
    DUPLICATE = "duplicate"
    MISSING_FIELD = "missing_field"
    RATING_OUT_OF_RANGE = "rating_out_of_range"
    TORN = "torn"


_SHARES = (
    (0.10, LineFault.TORN),
    (0.25, LineFault.MISSING_FIELD),
    (0.45, LineFault.DUPLICATE),
    (0.60, LineFault.RANDOM_MOVIE_ID),
    (1.00, LineFault.INSERTED_CHARACTER),
)
"""Cumulative; of the ratings that suffer a fault, half go out of range instead."""


@dataclass(slots=True)
class Ledger:
    """How many lines were written, and of each fault how many there are and how they read.

    ``faults["inserted_character"]["user_id"]`` counts the lines that :func:`parse_line` refuses for
    their user; ``["event"]`` those that still read as some event. A torn line is two made one; a
    duplicate is counted once, for the second copy.
    """

    lines: int = 0
    faults: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, fault: str, reads_as: str) -> None:
        """Count one fault."""
        self.faults.setdefault(fault, Counter())[reads_as] += 1


@dataclass(frozen=True, slots=True)
class Written:
    """Lines as they reach the log, and of each the time and user of its event.

    Of two lines torn into one it is the first event; of a duplicate twice the same.
    """

    text: bytes
    at_us: Ints
    user: UserIds

    def records(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield each line without its newline, between its user and its time."""
        lines = self.text.split(b"\n")[:-1]
        return zip(self.user.tolist(), lines, self.at_us.tolist(), strict=True)


class Corruption:
    """Damages lines; which, and how, depends on the event alone (a torn line also on the next)."""

    def __init__(self, seed: int, rate: float, scale: RatingScale) -> None:
        self.ledger = Ledger()
        self._seed = seed
        self._rate = rate
        self._scale = scale

    def apply(self, block: Block) -> Written:
        """Return the lines of a block with their faults."""
        chance = uniforms(self._seed, Stream.FAULT, block.user, block.at_us)
        damaged = np.flatnonzero(chance < self._rate)
        self.ledger.lines += len(block.ends)
        copies = np.ones(len(block.ends), dtype=np.int8)
        text = b"".join(self._pieces(block, damaged, copies))
        return Written(text, np.repeat(block.at_us, copies), np.repeat(block.user, copies))

    def _pieces(
        self, block: Block, damaged: Positions, copies: NDArray[np.int8]
    ) -> Iterator[bytes]:
        """Yield the text between damaged lines as it is, and theirs damaged.

        ``copies`` becomes the number of lines that begin with each line of the block.
        """
        text, ends = block.text.tobytes(), [0, *block.ends.tolist()]
        keys = hashes(self._seed, Stream.FAULT, block.user[damaged], block.at_us[damaged])
        dice = uniforms(self._seed, Stream.DAMAGE, keys[:, None], np.arange(_DICE)[None, :])
        done = 0
        for line, row in zip(damaged.tolist(), dice.tolist(), strict=True):
            if line < done:  # the line before was torn and took this one along
                continue
            yield text[ends[done] : ends[line]]
            found = [
                text[ends[i] : ends[i + 1] - 1].decode() for i in range(line, len(ends) - 1)[:2]
            ]
            fault = _fault(found, row[0])
            yield self._damage(fault, found, iter(row[1:])) + b"\n"
            done = line + 1 + (fault is LineFault.TORN)
            copies[line + 1 : done] = 0
            copies[line] += fault is LineFault.DUPLICATE
        yield text[ends[done] :]

    def _damage(self, fault: LineFault, found: list[str], dice: Dice) -> bytes:
        """Damage the first of the lines found; only a torn line needs the second."""
        match fault:
            case LineFault.TORN:
                line = _cut(found[0], dice) + found[1]
            case LineFault.MISSING_FIELD:
                line = _without_field(found[0], dice)
            case LineFault.DUPLICATE:
                line = found[0]
            case LineFault.RANDOM_MOVIE_ID:
                line = _MOVIE.sub(_random_id(dice), found[0])
            case LineFault.RATING_OUT_OF_RANGE:
                line = _rated_beyond(found[0], self._scale, dice)
            case LineFault.INSERTED_CHARACTER:
                line = _with_character(found[0], dice)
        self.ledger.add(fault, _reading(line.encode(), self._scale))
        if fault is LineFault.TORN:
            self.ledger.lines -= 1
        if fault is LineFault.DUPLICATE:
            self.ledger.lines += 1
            line = f"{line}\n{line}"
        return line.encode()


def _fault(found: list[str], draw: float) -> LineFault:
    """Choose a fault that can happen to the line."""
    if "GET /rate/" in found[0] and draw >= 0.5:
        return LineFault.RATING_OUT_OF_RANGE
    fault = next(fault for share, fault in _SHARES if draw < share)
    impossible = fault is LineFault.TORN and len(found) < 2
    impossible |= fault is LineFault.RANDOM_MOVIE_ID and not _MOVIE.search(found[0])
    return LineFault.INSERTED_CHARACTER if impossible else fault


def _reading(line: bytes, scale: RatingScale) -> str:
    try:
        parse_line(line, scale)
    except MalformedLine as error:
        return error.fault
    return "event"


def _place(length: int, dice: Dice) -> int:
    return int(next(dice) * length)


def _character(dice: Dice) -> str:
    return _CHARACTERS[_place(len(_CHARACTERS), dice)]


def _with_character(line: str, dice: Dice) -> str:
    place = _place(len(line) + 1, dice)
    return line[:place] + _character(dice) + line[place:]


def _random_id(dice: Dice) -> str:
    length = 6 + _place(14, dice)
    return "".join(_character(dice) for _ in range(length)).replace(" ", "0")


def _without_field(line: str, dice: Dice) -> str:
    fields = line.split(",", 2)
    del fields[_place(3, dice)]
    return ",".join(fields)


def _rated_beyond(line: str, scale: RatingScale, dice: Dice) -> str:
    beyond = scale.max + scale.step * (1 + _place(9, dice))
    return f"{line[: line.rindex('=')]}={beyond:g}"


def _cut(line: str, dice: Dice) -> str:
    """Keep the beginning of a line, at least a character and not all of it."""
    return line[: 1 + _place(len(line) - 1, dice)]
