"""What people watch against what the model in service was trained on."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from marquee.alerts.findings import Finding, Outcome
from marquee.metrics.divergence import population_stability_index
from marquee.telemetry.database import Cursor
from marquee.telemetry.thresholds import DriftThresholds, Thresholds

FEATURES = ("genre", "popularity")
UNKNOWN = "not in train"

Histogram = Mapping[str, int]

_REFERENCE = """
SELECT model_version
FROM report.model_deploy
WHERE deployed_at <= %s AND EXISTS (
    SELECT FROM report.reference_distribution AS kept
    WHERE kept.model_version = model_deploy.model_version
)
ORDER BY deployed_at DESC
LIMIT 1
"""
_EXPECTED = """
SELECT feature, bin, events FROM report.reference_distribution WHERE model_version = %s
"""
_ACTUAL = "SELECT feature, bin, events FROM report.watched(%s, %s, %s)"


def check_drift(cursor: Cursor, thresholds: Thresholds, now: datetime) -> Sequence[Finding]:
    """Judge what was met in the last hours against the newest model that has a reference.

    Where none has, there is nothing to find.
    """
    cursor.execute(_REFERENCE, (now,))
    row = cursor.fetchone()
    if row is None:
        return []
    given, version = thresholds.drift, row[0]
    expected = _histograms(cursor, _EXPECTED, (version,))
    since = now - timedelta(hours=given.hours)
    actual = _histograms(cursor, _ACTUAL, (version, since, now))
    return [
        *(judge_drift(name, expected[name], actual[name], given) for name in FEATURES),
        judge_unknown(actual["popularity"], given),
    ]


def _histograms(cursor: Cursor, query: str, values: tuple[object, ...]) -> dict[str, Histogram]:
    cursor.execute(query, values)
    found: dict[str, dict[str, int]] = {feature: {} for feature in FEATURES}
    for feature, name, events in cursor.fetchall():
        found[feature][name] = events
    return dict(found)


def judge_drift(
    feature: str, expected: Histogram, actual: Histogram, thresholds: DriftThresholds
) -> Finding:
    """Judge two histograms by their population stability index.

    Bad from ``psi`` on, good up to ``psi_clear``, unclear between, or with fewer events than
    ``min_events`` on either side. Movies that the model does not know are left out: an index has
    no meaning for a bin that was empty by construction (:func:`judge_unknown` judges them).
    """
    actual = {name: events for name, events in actual.items() if name != UNKNOWN}
    if min(sum(expected.values()), sum(actual.values())) < thresholds.min_events:
        return Finding(feature, Outcome.UNCLEAR, f"{sum(actual.values())} events: too few")
    bins = sorted(expected.keys() | actual.keys())
    e, a = ([float(side.get(name, 0)) for name in bins] for side in (expected, actual))
    psi = population_stability_index(e, a)
    moves = {n: y / sum(a) - x / sum(e) for n, x, y in zip(bins, e, a, strict=True)}
    most = max(moves, key=lambda name: abs(moves[name]))
    good = Outcome.GOOD if psi <= thresholds.psi_clear else Outcome.UNCLEAR
    return Finding(
        feature,
        Outcome.BAD if psi >= thresholds.psi else good,
        f"PSI of {feature} {psi:.3f} against the training data (act from {thresholds.psi:g}); "
        f"the most: {most} {moves[most]:+.1%} of all",
    )


def judge_unknown(actual: Histogram, thresholds: DriftThresholds) -> Finding:
    """Judge the share of movies that the model does not know in what was watched.

    Bad from ``unknown_share`` on, good up to half of it, unclear between or with fewer events than
    ``min_events``.
    """
    total = sum(actual.values())
    if total < thresholds.min_events:
        return Finding("catalogue", Outcome.UNCLEAR, f"{total} events: too few")
    share, limit = actual.get(UNKNOWN, 0) / total, thresholds.unknown_share
    good = Outcome.GOOD if share <= limit / 2 else Outcome.UNCLEAR
    return Finding(
        "catalogue",
        Outcome.BAD if share >= limit else good,
        f"{share:.1%} of what is watched are movies that the model does not know (act from "
        f"{limit:.0%})",
    )
