"""Grafana's rules on how fast the error budgets are used up, over two windows each."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent

from marquee.alerts.grafana_rule import GrafanaRule
from marquee.telemetry.thresholds import BurnRate, Thresholds


def burn_rules(thresholds: Thresholds) -> Sequence[GrafanaRule]:
    """Return a rule for each promise and burn rate."""
    return [
        _burn(thresholds, rate, promise)
        for promise in _promises(thresholds)
        for rate in thresholds.burn_rates
    ]


@dataclass(frozen=True, slots=True)
class _Promise:
    """A share of ``bad`` requests ``among`` some that is allowed, as SQL."""

    name: str
    what: str
    bad: str
    among: str
    allowed: float


def _promises(thresholds: Thresholds) -> tuple[_Promise, ...]:
    slo = thresholds.slo
    return (
        _Promise(
            name="availability",
            what=f"{slo.availability:.4g} of requests are answered",
            bad="status <> 200",
            among="true",
            allowed=1 - slo.availability,
        ),
        _Promise(
            name="latency",
            what=f"{slo.latency_share:.4g} of answers come within {slo.latency_ms} ms",
            bad=f"latency_ms > {slo.latency_ms}",
            among="status = 200",
            allowed=1 - slo.latency_share,
        ),
    )


def _burn(thresholds: Thresholds, rate: BurnRate, promise: _Promise) -> GrafanaRule:
    windows = f"{rate.long_minutes} and {rate.short_minutes} minutes"
    return GrafanaRule(
        name=f"{promise.name}-burn",
        suffix=f"-{rate.long_minutes}m",
        title=f"{promise.name.capitalize()}: error budget burns {rate.factor:g} times too fast",
        summary=f"Promised: {promise.what}. Over {windows} the opposite is over {rate.factor:g} "
        "times as frequent as that allows.",
        severity=rate.severity,
        sql=_burn_sql(thresholds.slo.min_requests, rate, promise),
        above=rate.factor,
        # The windows are the wait.
        lasting_s=0,
        span_s=rate.long_minutes * 60,
        because="no requests burn no budget, which is 0; without a row, and on an error, "
        "`silence` tells",
    )


def _burn_sql(min_requests: int, rate: BurnRate, promise: _Promise) -> str:
    """Ask for the smaller of the two windows' rates: it is above the factor where both are."""
    return dedent(
        f"""
        SELECT coalesce(least(
            bad / n, coalesce(lately_bad / lately, 0)
        ) / {promise.allowed:.6g}, 0)::float8 AS burn_rate
        FROM (
            SELECT
                sum(requests) AS n,
                coalesce(sum(requests) FILTER (WHERE bad), 0) AS bad,
                sum(requests) FILTER (WHERE lately) AS lately,
                coalesce(sum(requests) FILTER (WHERE bad AND lately), 0) AS lately_bad
            FROM (
                SELECT requests, {promise.bad} AS bad, bucket > $__timeTo()::timestamptz
                    - INTERVAL '{rate.short_minutes} minutes' AS lately
                FROM report.latency_1m
                WHERE $__timeFilter(bucket) AND {promise.among}
            ) AS minute
            HAVING sum(requests) >= {min_requests}
        ) AS counted
        RIGHT JOIN (VALUES (1)) AS always (row) ON true
        """
    ).strip()
