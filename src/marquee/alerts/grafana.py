"""What Grafana judges by itself, from the thresholds."""

from collections.abc import Sequence
from textwrap import dedent

from marquee.alerts.grafana_burn import burn_rules
from marquee.alerts.grafana_rule import GrafanaRule
from marquee.telemetry.thresholds import Thresholds

_HOUR_S = 3600


def grafana_rules(thresholds: Thresholds) -> Sequence[GrafanaRule]:
    """Return every rule that Grafana owns."""
    return (
        *burn_rules(thresholds),
        _writer_lag(thresholds),
        _upkeep(thresholds),
        _jobs(),
        _silence(thresholds),
        _heartbeat(thresholds),
    )


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
        # Each alert has one owner: `marquee alerts run` tells of retraining, `alerts-heartbeat` of
        # that itself.
        sql=dedent(
            """
            SELECT count(*)::float8 AS failing
            FROM report.job
            WHERE failed_at > coalesce(succeeded_at, '-infinity')
                AND failed_at <= $__timeTo()::timestamptz
                AND job NOT IN ('retraining', 'alerts')
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
        title="`marquee alerts run` has stopped, or can tell nobody",
        summary=f"No round of it has succeeded for over {limit} s: drift, hit-rate and the like go "
        "unseen.",
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
