"""What became of each line: counts that add up, by partition."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from marquee.tables.parse import ACCOUNT
from marquee.tables.scan import RATING, WATCH
from marquee.telemetry.database import Cursor
from marquee.telemetry.decode import ANSWER, QUARANTINED, Decoded
from marquee.telemetry.records import Counts
from marquee.telemetry.sql import statements
from marquee.telemetry.times import instant


@dataclass(frozen=True, slots=True)
class Entry:
    """A partition's lines of one transaction; ``newest_us`` is its newest event, if any."""

    counts: Counts
    newest_us: int | None


def tally(
    decoded: Decoded,
    new: Mapping[tuple[int, str], int],
    newest_us: Mapping[int, int | None],
    lateness: timedelta,
) -> dict[int, Entry]:
    """Return what became of each partition's lines.

    ``newest_us`` is the newest event of each partition before them.
    """
    return {
        partition: _entry(decoded, partition, new, newest_us[partition], lateness)
        for partition in np.unique(decoded.partition).tolist()
    }


def _entry(
    decoded: Decoded,
    partition: int,
    new: Mapping[tuple[int, str], int],
    newest_us: int | None,
    lateness: timedelta,
) -> Entry:
    here = decoded.partition == partition
    kinds = np.bincount(decoded.lines.kind[here], minlength=ANSWER + 1).tolist()
    added = {kind: new.get((partition, kind), 0) for kind in ("watch", "rating", "recommendation")}
    at = decoded.lines.at[here & (decoded.lines.kind != QUARANTINED)]
    counts = Counts(
        lines=int(here.sum()),
        recommendations=added["recommendation"],
        interactions=added["watch"] + added["rating"],
        collapsed=kinds[WATCH] - added["watch"],
        duplicates=kinds[RATING] - added["rating"] + kinds[ANSWER] - added["recommendation"],
        accounts=kinds[ACCOUNT],
        quarantined=kinds[QUARANTINED],
        late=_count_late(at, newest_us, lateness),
    )
    return Entry(counts, int(at.max()) if len(at) else None)


def _count_late(at: NDArray[np.int64], newest_us: int | None, lateness: timedelta) -> int:
    """Count the events that are further behind the newest one before them than ``lateness``."""
    if len(at) == 0:
        return 0
    newest = np.maximum.accumulate(at)
    if newest_us is not None:
        newest = np.maximum(newest, newest_us)
    return int(np.count_nonzero(at < newest - lateness // timedelta(microseconds=1)))


def write_ledger(
    cursor: Cursor,
    topic: str,
    entries: Mapping[int, Entry],
    ranges: Mapping[int, tuple[int, int]],
    end_offsets: Mapping[int, int],
) -> None:
    """Add each partition's entry, of its offsets in ``[from, to)``, to its counts.

    ``end_offsets`` is where the broker says that partitions end.
    """
    rows = []
    for partition, entry in entries.items():
        newest = None if entry.newest_us is None else instant(entry.newest_us)
        row = {"topic": topic, "partition": partition, "max_event_at": newest}
        row |= dict(zip(("from_offset", "to_offset"), ranges[partition], strict=True))
        rows.append(cursor.mogrify(statements("ledger"), row | asdict(entry.counts)))
    ends = {"partitions": list(end_offsets), "ends": list(end_offsets.values())}
    cursor.execute(b"".join(rows) + cursor.mogrify(statements("ends"), {"topic": topic} | ends))
