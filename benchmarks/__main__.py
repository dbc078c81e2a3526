"""Run every benchmark, write ``benchmarks/results.json`` and the table in the README.

``python -m benchmarks`` runs all; ``python -m benchmarks fit topk`` runs those and keeps the
other rows as they were.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
README = HERE.parent / "README.md"
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
NAMES = (
    "fit",
    "parse",
    "topk",
    "exposure",
    "pipeline",
    "noop",
    "kafka_consumer",
    "telemetry_lag",
    "telemetry_report",
    "telemetry_writer",
    "dashboard_queries",
)


def main(names: list[str]) -> int:
    """Measure the named benchmarks (all by default); the exit code says whether all are met."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        sys.stderr.write(
            f"benchmarks: unknown {', '.join(unknown)}; there are {', '.join(NAMES)}\n"
        )
        return 2
    results: dict[str, list[dict[str, Any]]] = (
        json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    )
    for name in names or NAMES:
        results[name] = import_module(f"benchmarks.{name}").measure()
        RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    rows = [row for name in NAMES for row in results.get(name, [])]
    table = as_table(rows)
    README.write_text(replace_between(README.read_text(), table))
    print(table)
    return 0 if all(row["met"] for row in rows) else 1


def as_table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | against | measured | asked | |", "|---|---|---|---|---|"]
    for row in rows:
        mark = "✓" if row["met"] else "✗"
        lines.append(
            f"| {row['what']} | {row['against']} | {row['measured']} | {row['asked']} | {mark} |"
        )
    return "\n".join(lines)


def replace_between(text: str, table: str) -> str:
    """Put the table between the README's two marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table}\n{END}{tail}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
