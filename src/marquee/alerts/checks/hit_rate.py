"""The mature hit-rate of each variant against its own of the days before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist

from marquee.alerts.findings import Finding, Outcome
from marquee.telemetry.database import Cursor
from marquee.telemetry.thresholds import HitRateThresholds, Thresholds

# Hours whose answers can get no more hits, as of a time: they are not corrected by a model.
_COUNTS = """
SELECT
    variant,
    coalesce(sum(hits) FILTER (WHERE recent), 0)::bigint,
    coalesce(sum(answered) FILTER (WHERE recent), 0)::bigint,
    coalesce(sum(hits) FILTER (WHERE NOT recent), 0)::bigint,
    coalesce(sum(answered) FILTER (WHERE NOT recent), 0)::bigint
FROM (
    SELECT variant, hits, answered, bucket > final.until - %(recent)s AS recent
    FROM report.served_1h, (
        SELECT least(%(now)s, watermark) - hit_window - INTERVAL '1 hour' AS until
        FROM report.watermark
    ) AS final
    WHERE bucket <= final.until AND bucket > final.until - %(recent)s - %(baseline)s
) AS counted
GROUP BY variant
HAVING sum(answered) > 0
ORDER BY variant
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Hits among answers."""

    hits: int
    answers: int

    @property
    def value(self) -> float:
        """The hits of an answer."""
        return self.hits / self.answers

    def wilson(self, z: float) -> tuple[float, float]:
        """Return Wilson's interval of so many standard errors (JASA 22, 1927)."""
        n, p = self.answers, self.value
        middle, reach = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)


def check_hit_rate(cursor: Cursor, thresholds: Thresholds, now: datetime) -> Sequence[Finding]:
    """Judge each variant by its mature hours, as of a time."""
    given = thresholds.hit_rate
    cursor.execute(
        _COUNTS,
        {
            "now": now,
            "recent": timedelta(hours=given.recent_hours),
            "baseline": timedelta(days=given.baseline_days),
        },
    )
    return [
        judge_hit_rate(variant, Rate(hits, answers), Rate(hits_before, answers_before), given)
        for variant, hits, answers, hits_before, answers_before in cursor.fetchall()
    ]


def judge_hit_rate(
    variant: str, recent: Rate, before: Rate, thresholds: HitRateThresholds
) -> Finding:
    """Judge a rate against the one before.

    Bad where the whole interval of the difference lies below 0 and the rate has fallen by the
    share ``relative_drop``; good where it has fallen by less than half of that; else unclear, as
    it is with fewer answers than ``min_answers`` on either side, or without a hit before.
    """
    if min(recent.answers, before.answers) < thresholds.min_answers or not before.hits:
        return Finding(variant, Outcome.UNCLEAR, f"{recent.answers} mature answers: too few")
    drop = 1 - recent.value / before.value
    low, high = difference(recent, before, thresholds.confidence)
    bad = high < 0 and drop >= thresholds.relative_drop
    good = drop < thresholds.relative_drop / 2
    return Finding(
        variant,
        Outcome.BAD if bad else Outcome.GOOD if good else Outcome.UNCLEAR,
        f"hit-rate {recent.value:.4f} of {recent.answers:,} mature answers, "
        f"{before.value:.4f} of {before.answers:,} before: {-drop:+.0%}, difference "
        f"[{low:+.4f}, {high:+.4f}] at {100 * thresholds.confidence:g}%",
    )


def difference(a: Rate, b: Rate, confidence: float) -> tuple[float, float]:
    """Return the interval of a's rate minus b's (Newcombe, Statistics in Medicine 17, 1998)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    (a_low, a_high), (b_low, b_high) = a.wilson(z), b.wilson(z)
    gap = a.value - b.value
    return (
        gap - sqrt((a.value - a_low) ** 2 + (b_high - b.value) ** 2),
        gap + sqrt((a_high - a.value) ** 2 + (b.value - b_low) ** 2),
    )
