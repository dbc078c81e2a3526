"""What an event log is, by its first block: kinds of lines, ratings and their scale, first time."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from marquee.events import RatingScale
from marquee.ingest.inputs import InputFile
from marquee.ingest.ratings.scale import scale_of
from marquee.ingest.segments import Segment
from marquee.tables.interactions import IntArray
from marquee.tables.parse import ACCOUNT, Lines, parse_lines
from marquee.tables.scan import RATING, SLOW, WATCH

_SPELLABLE = RatingScale(0, 99.99, 0.01)
_USUAL = tuple(
    RatingScale(*scale)
    for scale in ((1, 5, 1), (0.5, 5, 0.5), (0, 5, 0.5), (1, 10, 1), (0, 10, 1), (0, 10, 0.5))
)
_MOST_STEPS = 100
"""A scale with more of them is no scale but any number."""
_DAMAGED_SHARE = 0.01
"""So many ratings may be off a scale that fits: logs hold damaged lines."""
_EXAMPLE = 80
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FirstBlock:
    """What the first lines of a log say; ``scale`` is the one to read them by."""

    facts: list[tuple[str, str]]
    scale: RatingScale
    unreadable_share: float


def look_at_log(log: InputFile | Segment, scale: RatingScale) -> FirstBlock:
    """Read the first block of a log whose ratings should be on a scale.

    Where they are not, the usual scale that fits best takes its place, or the one that the ratings
    themselves make; where none fits, it stays.
    """
    blocks = iter(log.blocks())
    block = next(blocks)
    lines = parse_lines(block, _SPELLABLE)
    ratings = lines.rows(RATING).value
    fitting = fit_scale(ratings, scale)
    facts = [("lines", _kinds(lines, block, more=next(blocks, None) is not None))]
    facts.append(("ratings", _ratings(ratings, scale, fitting)))
    if times := _times(lines):
        facts.append(("first line", f"{times[0]:%Y-%m-%d %H:%M:%S}"))
    unreadable = len(lines.damaged) + _off(ratings, fitting or scale)
    return FirstBlock(facts, fitting or scale, unreadable / len(lines.kind))


def fit_scale(ratings: IntArray, scale: RatingScale) -> RatingScale | None:
    """Return ``scale`` where ratings, in hundredths, are on it, else one that fits, or None.

    Ratings that stay in the lower half of a scale are those of another: of an earlier log, say.
    """
    if not len(ratings) or (_fits(ratings, scale) and _reaches(ratings, scale)):
        return scale
    own = scale_of(ratings.tolist())
    few_steps = (own.max - own.min) / own.step <= _MOST_STEPS
    usual = [each for each in _USUAL if _fits(ratings, each)]
    return min(
        usual or ([own] if few_steps else []),
        key=lambda each: (not _reaches(ratings, each), _off(ratings, each)),
        default=None,
    )


def _fits(ratings: IntArray, scale: RatingScale) -> bool:
    return _off(ratings, scale) <= _DAMAGED_SHARE * len(ratings)


def _reaches(ratings: IntArray, scale: RatingScale) -> bool:
    high = np.quantile(ratings, 1 - _DAMAGED_SHARE, method="lower") / 100
    return bool(high > (scale.min + scale.max) / 2)


def _off(ratings: IntArray, scale: RatingScale) -> int:
    values, counts = np.unique(ratings, return_counts=True)
    found = zip(values.tolist(), counts.tolist(), strict=True)
    return sum(count for value, count in found if value / 100 not in scale)


def _kinds(lines: Lines, block: bytes, *, more: bool) -> str:
    counts = {
        "watches": int((lines.kind == WATCH).sum()),
        "ratings": int((lines.kind == RATING).sum()),
        "recommendations": len(lines.answers),
        "accounts": int((lines.kind == ACCOUNT).sum()),
    }
    kinds = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    said = f"{'the first ' if more else ''}{len(lines.kind):,}: {kinds or 'none is an event'}"
    return said + (f"; {_damaged(lines, block)}" if lines.damaged else "")


def _damaged(lines: Lines, block: bytes) -> str:
    reasons = Counter(reason for _, reason in lines.damaged)
    shown = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
    first = min(i for i, _ in lines.damaged)
    text = block[lines.starts[first] : lines.starts[first + 1] - 1].decode(errors="replace")
    return f"{len(lines.damaged):,} cannot be read ({shown}), the first: {text[:_EXAMPLE]!r}"


def _ratings(ratings: IntArray, before: RatingScale, scale: RatingScale | None) -> str:
    if not len(ratings):
        return "none"
    found = f"{len(ratings):,} from {ratings.min() / 100:g} to {ratings.max() / 100:g}"
    off = _off(ratings, scale or before)
    more = f", {off:,} of them off this scale" if off else ""
    if scale is None:
        return f"{found}; ingest.rating_scale is {_said(before)}{more}: set it to the log's"
    if scale == before:
        return f"{found}; ingest.rating_scale is {_said(scale)}{more}"
    return f"{found}; ingest.rating_scale is now {_said(scale)}, it was {_said(before)}{more}"


def _said(scale: RatingScale) -> str:
    return f"{scale.min:g} to {scale.max:g} in steps of {scale.step:g}"


def _times(lines: Lines) -> list[datetime]:
    """Return the time of the first event, in a list that is empty where there is none."""
    events = np.flatnonzero(lines.kind != SLOW)[:1].tolist()
    found = [(i, _EPOCH + timedelta(microseconds=int(lines.at[i]))) for i in events]
    found += [(i, answer.at) for i, answer in lines.answers[:1]]
    return [at for _, at in sorted(found)[:1]]
