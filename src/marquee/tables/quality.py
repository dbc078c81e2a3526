"""The state of the data as numbers: what the clean stage reports as metrics."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.events import Fault
from marquee.tables.columns import Rows
from marquee.tables.feedback import Feedback
from marquee.tables.metadata import Metadata
from marquee.tables.rules import Ledger

_DECIMALS = 6


def rounded(value: float) -> float:
    """Round a reported number to six decimals."""
    return round(float(value), _DECIMALS)


def ledger_report(ledger: Ledger, quarantine: pa.Table) -> dict[str, Any]:
    """Report the ledger, and quarantine by reason; reasons without lines are there with 0."""
    return {
        "ledger": asdict(ledger),
        "duplicates": {"share": rounded(ledger.duplicates / ledger.lines)},
        "quarantine": {
            "share": rounded(ledger.quarantined / ledger.lines),
            "reasons": by_reason(quarantine),
        },
    }


def by_reason(quarantine: pa.Table) -> dict[str, int]:
    """Count quarantined lines by each reason there is."""
    found = Counter(quarantine["reason"].to_pylist())
    return {str(fault): found[str(fault)] for fault in Fault}


def rating_report(ratings: Rows) -> dict[str, Any]:
    """Report count, mean and standard deviation (of the population) in stars; null without any.

    Both come out of exact integer sums, so that no order of addition can change them.
    """
    count = len(ratings)
    total, squares = int(ratings.value.sum()), int((ratings.value.astype(np.int64) ** 2).sum())
    if count == 0:
        return {"rows": 0, "mean": None, "sd": None}
    variance = (count * squares - total * total) / (count * count)
    return {
        "rows": count,
        "mean": rounded(total / count / 100),
        "sd": rounded(variance**0.5 / 100),
    }


def viewing_report(viewings: Rows) -> dict[str, Any]:
    """Report how many viewings there are and their mean length in minutes; null without any."""
    count = len(viewings)
    return {
        "rows": count,
        "mean_minutes": rounded(int(viewings.value.sum()) / count) if count else None,
    }


def metadata_report(seen: pa.Array, metadata: Metadata) -> dict[str, Any]:
    """Report which of the ids ``seen`` in the log have metadata, and which rows were bad."""
    known = metadata.table.column(0).combine_chunks()
    if pa.types.is_dictionary(seen.type):
        seen, known = seen.cast(pa.string()), known.cast(pa.string())
    without = len(seen) - pc.sum(pc.is_in(seen, value_set=known)).as_py()
    return {
        "seen": len(seen),
        "without_metadata": without,
        "share_without_metadata": rounded(without / len(seen)),
        "metadata_rows": len(metadata.table),
        "bad_rows": metadata.bad_rows,
        "repeated_rows": metadata.repeated_rows,
    }


def filter_report(before: Feedback, after: Feedback) -> dict[str, int]:
    """Report how many (user, movie) pairs there were, and how many the filters left."""
    pairs = [int(np.count_nonzero(part.first_of_pair())) for part in (before, after)]
    return {"pairs_before": pairs[0], "pairs_after": pairs[1]}


def split_report(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Report rows, users, movies and sparsity of each split."""
    return {name: _shape(table) for name, table in tables.items()}


def _shape(table: pa.Table) -> dict[str, Any]:
    users, movies = (len(pc.unique(table[name])) for name in ("user_id", "movie_id"))
    return {
        "rows": len(table),
        "users": users,
        "movies": movies,
        "ratings": len(table) - table["rating"].null_count,
        "sparsity": rounded(1 - len(table) / (users * movies)) if len(table) else None,
    }
