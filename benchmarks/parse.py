"""Parse and validate a log of 2M lines, against pandas' ``str.extract`` of the same fields."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Never

import pandas as pd

from benchmarks.measurement import median_s, ratio_row
from marquee.ingest.sources import write_snapshot
from marquee.params import load_params
from marquee.tables.clean import read_events
from marquee.tables.given_ids import read_given_ids
from marquee.tables.raw import open_snapshot
from marquee.tables.schemas import check_table

ROOT = Path(__file__).parents[1]
LINES = 2_000_000
SIZE = {"users": 100_000, "movies": 5_000, "lines": LINES}

LINE = (
    r"^(?P<at>[^,]+),(?P<user_id>\d+),(?:"
    r"GET /data/m/(?P<watched>[^/]+)/(?P<minute>\d+)\.mpg|"
    r"GET /rate/(?P<rated>[^=]+)=(?P<rating>[\d.]+)|"
    r"recommendation request (?P<server>\S+), status (?P<status>\d+), "
    r"result: (?P<result>.*), (?P<latency_ms>\d+) ms)$"
)
NUMBERS = ("user_id", "minute", "rating", "status", "latency_ms")


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        ingest = load_params(ROOT / "params.yaml").ingest
        simulator = ingest.simulator.model_copy(update=SIZE)
        update = {"source": "simulator", "simulator": simulator}
        write_snapshot(ingest.model_copy(update=update), Path(folder), raw, no_broker)
        ours(raw)  # compiles
        note = (
            f"{len(theirs(raw)):,} lines of the simulator; ours also checks the grammar, the "
            "tables' contracts and the part's digest, and keeps every damaged line with its place"
        )
        # In turns, so that what else the machine does weighs on both alike.
        turns = [(median_s(lambda: ours(raw)), median_s(lambda: theirs(raw), 1)) for _ in range(3)]
    ours_s, theirs_s = map(median, zip(*turns, strict=True))
    return [
        ratio_row(
            "parse and validate a 2M-line log",
            "pandas str.extract of the same fields",
            ours_s=ours_s,
            theirs_s=theirs_s,
            at_least=7,
            note=note,
        )
    ]


def no_broker() -> Never:
    raise AssertionError("the simulator needs no broker")


def ours(raw: Path) -> None:
    snapshot = open_snapshot(raw)
    events = read_events(snapshot, read_given_ids(snapshot), 0.05)
    for name in ("recommendations", "quarantine"):
        check_table(name, getattr(events, name), snapshot.scale)


def theirs(raw: Path) -> pd.DataFrame:
    (part,) = raw.glob("events-*.log")
    lines = pd.Series(part.read_text(encoding="utf-8", errors="replace").split("\n")[:-1])
    table = lines.str.extract(LINE)
    table["at"] = pd.to_datetime(table["at"], format="ISO8601", errors="coerce")
    for name in NUMBERS:
        table[name] = pd.to_numeric(table[name], errors="coerce")
    return table


if __name__ == "__main__":
    print(measure())
