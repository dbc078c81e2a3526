"""The split of users between variants against the planned one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from scipy.special import chdtrc

from marquee.alerts.findings import Finding, Outcome
from marquee.telemetry.database import Cursor
from marquee.telemetry.thresholds import SampleRatioThresholds, Thresholds

_WELL_P = 0.05
# Lines without the service's own word name no variant, but the server.
_USERS = """
SELECT variant, count(DISTINCT user_id)
FROM telemetry.recommendation
WHERE served_at > %(since)s AND served_at <= %(now)s AND model_version <> 'unknown'
GROUP BY variant
ORDER BY variant
"""


def check_sample_ratio(cursor: Cursor, thresholds: Thresholds, now: datetime) -> Sequence[Finding]:
    """Judge the users of the last hours, each counted once for every variant that they met."""
    given = thresholds.sample_ratio
    cursor.execute(_USERS, {"since": now - timedelta(hours=given.hours), "now": now})
    return [judge_sample_ratio(dict(cursor.fetchall()), given)]


def judge_sample_ratio(users: Mapping[str, int], thresholds: SampleRatioThresholds) -> Finding:
    """Judge how many users met each variant, by a chi-squared test against the planned shares.

    Bad below ``p``, good from 0.05 on, unclear between, or with fewer users than ``min_users``.
    Fewer than two variants are no experiment: good. A variant that is planned and met by nobody
    counts 0; where something is planned, others do not count (Fabijan et al., Diagnosing Sample
    Ratio Mismatch, KDD 2019).
    """
    weights = thresholds.weights or dict.fromkeys(users, 1.0)
    observed = {variant: users.get(variant, 0) for variant in sorted(weights)}
    total = sum(observed.values())
    if len(observed) < 2:
        return Finding("", Outcome.GOOD, "fewer than two variants")
    if total < thresholds.min_users:
        return Finding("", Outcome.UNCLEAR, f"{total} users: too few")
    expected = {name: total * weights[name] / sum(weights.values()) for name in observed}
    squares = sum((observed[name] - e) ** 2 / e for name, e in expected.items())
    p = float(chdtrc(len(observed) - 1, squares))
    found = ", ".join(f"{name} {n:,} ({n / total:.1%})" for name, n in observed.items())
    planned = ", ".join(f"{e / total:.1%}" for e in expected.values())
    good = Outcome.GOOD if p >= _WELL_P else Outcome.UNCLEAR
    return Finding(
        "",
        Outcome.BAD if p < thresholds.p else good,
        f"users of {found}, planned {planned}: p = {p:.2g}",
    )
