"""What Grafana judges by itself: its rules as plain data, from the thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Literal

from marquee.alerts.incidents import Severity
from marquee.telemetry.thresholds import BurnRate, Thresholds

DATASOURCE_UID = "marquee-telemetry"
EVERY_S = 60
_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaRule:
    """A query of one number, and the value above which it is bad for ``lasting_s`` on end."""

    name: str
    """The page in docs/runbooks; with ``suffix`` the uid."""
    suffix: str = ""
    title: str
    summary: str
    severity: Severity
    sql: str
    above: float
    lasting_s: int
    span_s: int
    """How far back the query may look."""
    on_no_data: Literal["OK", "Alerting"] = "OK"
    on_error: Literal["OK", "Alerting"] = "OK"
    because: str = "every query gives a row: without one, and on an error, `silence` tells"
    """Why it does so without data, and on an error."""

    @property
    def uid(self) -> str:
        """What Grafana knows the rule by, whatever its title."""
        return f"marquee-{self.name}{self.suffix}"

    def as_data(self) -> dict[str, Any]:
        """Return the rule as Grafana provisions it, versions 9.4 and later."""
        return {
            "uid": self.uid,
            "title": self.title,
            "condition": "B",
            "data": [_query(self.sql, self.span_s), _condition(self.above, self.span_s)],
            "for": f"{self.lasting_s}s",
            "noDataState": self.on_no_data,
            "execErrState": self.on_error,
            # Templates without a dollar, which is for the environment's variables; newer versions
            # of Grafana fill in those with braces alone.
            "annotations": {
                "summary": self.summary,
                "description": "Found: {{ .Value }}",
                "runbook_url": f"${{MARQUEE_RUNBOOKS}}/{self.name}.md",
            },
            "labels": {"severity": self.severity, "system": "marquee"},
        }


def _query(sql: str, span_s: int) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": span_s, "to": 0},
        "datasourceUid": DATASOURCE_UID,
        "model": {
            "refId": "A",
            "datasource": {"type": "grafana-postgresql-datasource", "uid": DATASOURCE_UID},
            "editorMode": "code",
            "rawQuery": True,
            "format": "table",
            "rawSql": sql,
        },
    }


def _condition(above: float, span_s: int) -> dict[str, Any]:
    return {
        "refId": "B",
        "relativeTimeRange": {"from": span_s, "to": 0},
        "datasourceUid": "__expr__",
        "model": {
            "refId": "B",
            "datasource": {"type": "__expr__", "uid": "__expr__"},
            "type": "math",
            "expression": f"$A > {above:g}",
        },
    }


def grafana_rules(thresholds: Thresholds) -> Sequence[GrafanaRule]:
    """Return every rule that Grafana owns."""
    return (
        *(
            _burn(thresholds, rate, promise)
            for promise in _promises(thresholds)
            for rate in thresholds.burn_rates
        ),
        _writer_lag(thresholds),
        _upkeep(thresholds),
        _jobs(),
        _silence(thresholds),
        _heartbeat(thresholds),
    )


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


def _writer_lag(thresholds: Thresholds) -> GrafanaRule:
    limit = thresholds.stream.lag_s
    return GrafanaRule(
        name="writer-lag",
        title="The telemetry writer lags behind the stream",
        summary=f"The broker has more, and the database is over {limit} s behind it.",
        severity="critical",
        sql=dedent(
            """
            SELECT coalesce(max(extract(
                EPOCH FROM $__timeTo()::timestamptz - coalesce(max_event_at, updated_at)
            )), 0)::float8 AS lag_s
            FROM report.stream
            WHERE lag_lines > 0
            """
        ).strip(),
        above=limit,
        lasting_s=120,
        span_s=_HOUR_S,
    )


def _upkeep(thresholds: Thresholds) -> GrafanaRule:
    limit = thresholds.stream.upkeep_age_s
    return GrafanaRule(
        name="stale-aggregates",
        title="The aggregates are not kept up to date",
        summary=f"No upkeep of some aggregate has succeeded for over {limit} s.",
        severity="warning",
        sql=dedent(
            """
            SELECT extract(EPOCH FROM $__timeTo()::timestamptz - kept_until)::float8 AS upkeep_age_s
            FROM report.upkeep
            """
        ).strip(),
        above=limit,
        lasting_s=60,
        span_s=_HOUR_S,
    )


def _jobs() -> GrafanaRule:
    return GrafanaRule(
        name="failed-job",
        title="A background job fails",
        summary="A job failed and has not succeeded since.",
        severity="warning",
        # Of retraining `marquee alerts run` tells: each alert has one owner.
        sql=dedent(
            """
            SELECT count(*)::float8 AS failing
            FROM report.job
            WHERE failed_at > coalesce(succeeded_at, '-infinity')
                AND failed_at <= $__timeTo()::timestamptz
                AND job <> 'retraining'
            """
        ).strip(),
        above=0,
        lasting_s=300,
        span_s=_HOUR_S,
    )


def _silence(thresholds: Thresholds) -> GrafanaRule:
    limit = thresholds.stream.silence_s
    return GrafanaRule(
        name="silence",
        title="No requests arrive",
        summary=f"The database knows of no request of the last {limit} s.",
        severity="critical",
        sql=dedent(
            """
            SELECT coalesce(
                extract(EPOCH FROM $__timeTo()::timestamptz - max(bucket)), 86400
            )::float8 AS silent_s
            FROM report.traffic_1m
            WHERE $__timeFilter(bucket)
            """
        ).strip(),
        above=limit,
        lasting_s=60,
        span_s=24 * _HOUR_S,
        on_no_data="Alerting",
        on_error="Alerting",
        because="the dead man's switch: a database that says nothing, or fails, is silence too",
    )


def _heartbeat(thresholds: Thresholds) -> GrafanaRule:
    limit = thresholds.stream.heartbeat_age_s
    return GrafanaRule(
        name="alerts-heartbeat",
        title="`marquee alerts run` has stopped",
        summary=f"No round of it for over {limit} s: drift, hit-rate and the like go unseen.",
        severity="warning",
        sql=dedent(
            """
            SELECT coalesce(
                extract(EPOCH FROM $__timeTo()::timestamptz - max(succeeded_at)), 86400
            )::float8 AS heartbeat_age_s
            FROM report.job
            WHERE job = 'alerts'
            """
        ).strip(),
        above=limit,
        lasting_s=60,
        span_s=_HOUR_S,
    )


def group(rules: Sequence[GrafanaRule]) -> Mapping[str, Any]:
    """Return the provisioning file of the rules: one group, judged every minute."""
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": "marquee",
                "folder": "Marquee",
                "interval": f"{EVERY_S}s",
                "rules": [rule.as_data() for rule in rules],
            }
        ],
    }
