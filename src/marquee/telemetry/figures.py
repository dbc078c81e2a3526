"""The writer's figures for Prometheus."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from marquee.telemetry.records import Applied

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LINES = (1, 10, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000)


class Figures:
    """What ``/metrics`` shows, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        make = self._make
        self._lag = make(Gauge, "lag_lines", "Lines not in the database yet.", "partition")
        self._seconds = make(
            Histogram, "batch_seconds", "How long a transaction took.", buckets=_SECONDS
        )
        self._size = make(Histogram, "batch_lines", "Lines of a transaction.", buckets=_LINES)
        self._lines = make(Counter, "lines", "Lines, by what became of them.", "outcome")
        self._quarantined = make(Counter, "quarantined_lines", "Bad lines, by reason.", "reason")
        self._late = make(Counter, "late_lines", "Lines that came late, counted above too.")
        self._reconnects = make(Counter, "reconnects", "Lost connections that came back.", "to")
        self._committed_at = make(
            Gauge, "last_commit_timestamp_seconds", "When the last transaction was committed."
        )

    def _make(
        self, kind: Callable[..., Any], name: str, text: str, *labels: str, **more: Any
    ) -> Any:
        return kind(f"marquee_writer_{name}", text, labels, registry=self.registry, **more)

    def applied(self, applied: Applied, seconds: float) -> None:
        """Count a transaction that took ``seconds`` and was committed just now."""
        outcomes = [asdict(counts) for counts in applied.counts.values()]
        for counts in outcomes:
            self._late.inc(counts.pop("late"))
            for outcome in counts.keys() - {"lines"}:
                self._lines.labels(outcome).inc(counts[outcome])
        for reason, lines in applied.reasons.items():
            self._quarantined.labels(reason).inc(lines)
        self._size.observe(sum(counts["lines"] for counts in outcomes))
        self._seconds.observe(seconds)
        self._committed_at.set(time.time())

    def lag(self, lag: Mapping[int, int]) -> None:
        """Show how many lines each of our partitions has yet to give, and of no other."""
        self._lag.clear()
        for partition, lines in lag.items():
            self._lag.labels(partition).set(lines)

    def reconnected(self, to: str) -> None:
        """Count a connection that came back."""
        self._reconnects.labels(to).inc()
