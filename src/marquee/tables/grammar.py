"""Whether too many lines are no events, and what that most likely means."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from marquee.errors import DataError
from marquee.events import Fault
from marquee.tables.columns import Events
from marquee.tables.raw import REJECTED_EVENTS, RejectedEvent, Snapshot

_EXAMPLES = 2
_EXAMPLE_BYTES = 120
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_OTHER_GRAMMAR = (
    'is this a log of another grammar? docs/data.md, "Logs in files", shows the lines of ours; '
    "ingest.source = movielens or ratings reads tables of ratings"
)
_OTHER_IDS = (
    "most have movie ids of another shape than the log's, which are a title, + and a year "
    "(toy+story+1995); in a table of user, movie, rating and timestamp, ids may have any shape: "
    "`marquee init FILE` sets ingest.source = ratings"
)
_OTHER_CAUSES = {
    "movielens": "is this no MovieLens data set? ingest.source = ratings reads other tables",
    "ratings": "do ingest.ratings.columns name the columns of this table?",
}
_OTHER_SCALES = {
    "files": "set ingest.rating_scale to the scale of the data (`marquee init` on the log does it)",
    "movielens": "MovieLens has no other scale; ingest.source = ratings reads data on any",
    "ratings": "set ingest.ratings.scale to the scale of the data",
}


def expect_grammar(
    parsed: Sequence[Events],
    snapshot: Snapshot,
    rejected: Sequence[tuple[int, RejectedEvent]],
    max_share: float,
) -> None:
    """Raise :class:`DataError`, with examples by reason, if too many lines are damaged.

    ``parsed`` is what has been read so far; ``rejected`` are the rows that ingest rejected, and the
    quarantine has them too, each with the byte of its part where it stands.
    """
    damaged = sum(len(events.quarantine) for events in parsed)
    if damaged <= max_share * snapshot.lines:
        return
    table = pa.concat_tables([events.quarantine for events in parsed])
    rows = dict(rejected)
    reasons = Counter(table["reason"].to_pylist())
    examples = "".join(_examples(table, rows, *found) for found in sorted(reasons.items()))
    off_scale = list(_off_scale(table, rows))
    cause = _OTHER_CAUSES.get(snapshot.source, _OTHER_GRAMMAR)
    if 2 * len(off_scale) > damaged:
        cause = _scale(off_scale, parsed, snapshot)
    elif 2 * reasons[str(Fault.MOVIE_ID)] > damaged and snapshot.source not in _OTHER_CAUSES:
        cause = _OTHER_IDS
    raise DataError(
        f"{damaged} of {snapshot.lines} lines are no events, more than "
        f"clean.max_quarantined_share = {max_share:g}: {cause}{examples}"
    )


def _off_scale(table: pa.Table, rejected: dict[int, RejectedEvent]) -> Iterator[float]:
    """Yield the ratings that were refused, as far as they are numbers."""
    for row in table.filter(pc.equal(table["reason"], str(Fault.RATING))).to_pylist():
        found = row["line"].rpartition(b"=")[2].decode(errors="replace").strip()
        if row["part"] == REJECTED_EVENTS:
            found = rejected[row["offset"]].found or ""
        if _NUMBER.fullmatch(found):
            yield float(found)


def _scale(off_scale: Sequence[float], parsed: Sequence[Events], snapshot: Snapshot) -> str:
    scale = snapshot.scale
    good = [events.ratings.value for events in parsed if len(events.ratings)]
    low = min([*off_scale, *(value.min() / 100 for value in good)])
    high = max([*off_scale, *(value.max() / 100 for value in good)])
    remedy = _OTHER_SCALES.get(snapshot.source, "set ingest.rating_scale to the scale of the data")
    return (
        f"{len(off_scale)} of them are ratings off the scale, which is from {scale.min:g} to "
        f"{scale.max:g} in steps of {scale.step:g}, and the ratings read so far go from {low:g} to "
        f"{high:g}; {remedy}"
    )


def _examples(table: pa.Table, rejected: dict[int, RejectedEvent], reason: str, count: int) -> str:
    rows = table.filter(pc.equal(table["reason"], reason)).slice(0, _EXAMPLES).to_pylist()
    shown = [f"\n    {_place(row, rejected)}: {_excerpt(row['line'])}" for row in rows]
    return f"\n  {reason}: {count}" + "".join(shown)


def _place(row: dict[str, Any], rejected: dict[int, RejectedEvent]) -> str:
    if row["part"] != REJECTED_EVENTS:
        return f"{row['part']} byte {row['offset']}"
    found = rejected[row["offset"]]
    return f"{found.file} line {found.line_number}"


def _excerpt(line: bytes) -> str:
    return repr(line[:_EXAMPLE_BYTES])[2:-1] + ("…" if len(line) > _EXAMPLE_BYTES else "")
