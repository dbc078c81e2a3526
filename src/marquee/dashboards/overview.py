"""Is all well? What is promised, what is in service, who is calling for help."""

from marquee.dashboards.model import Dashboard, Panel, Row, Series, Step
from marquee.dashboards.objectives import (
    ANSWERED_SHARE,
    budget_left,
    fast_share,
    in_percent,
    promised,
)
from marquee.dashboards.palette import BAD, GOOD, ORANGE, SKY, WARNING
from marquee.dashboards.queries import banded, curves, table
from marquee.dashboards.rates import CORRECTED
from marquee.dashboards.variables import COMMON, PERIOD, POINTS, SELECTED
from marquee.telemetry.thresholds import Thresholds


def overview(thresholds: Thresholds) -> Dashboard:
    """Describe the first page to look at."""
    return Dashboard(
        name="overview",
        title="Marquee: overview",
        description="Whether the service keeps its promises, what answers, and what is wrong.",
        variables=COMMON,
        rows=(
            Row("What is promised", _promises(thresholds)),
            Row("Now", (_alerts(), _in_service())),
            Row("Over time", (_traffic(), _availability(thresholds), _quality())),
        ),
    )


def _promises(thresholds: Thresholds) -> tuple[Panel, ...]:
    slo = thresholds.slo
    days = f"{slo.window_days} days"
    return (
        Panel(
            title="Availability",
            description=f"Requests that were answered, of all in the period. Promised: "
            f"{in_percent(slo.availability)} over {days}. Below it: see by status and variant on "
            "the latency page who fails, since when, and whether a deploy is near.",
            kind="stat",
            empty="no request came in this period",
            unit="share",
            decimals=2,
            width=8,
            height=4,
            steps=promised(slo.availability),
            leads_to="latency",
            queries=table(f"""
                SELECT {ANSWERED_SHARE} AS availability
                FROM report.latency({PERIOD})
                WHERE {SELECTED}
            """),
        ),
        Panel(
            title=f"Answered within {slo.latency_ms} ms",
            description=f"Answers within {slo.latency_ms} ms, of all answers of the period. "
            f"Promised: {in_percent(slo.latency_share)} over {days}. Below it: the latency page "
            "shows whether all answers are slower or a few hang.",
            kind="stat",
            empty="no request was answered in this period",
            unit="share",
            decimals=2,
            width=8,
            height=4,
            steps=promised(slo.latency_share),
            leads_to="latency",
            queries=table(f"""
                SELECT {fast_share(slo.latency_ms)} AS fast
                FROM report.latency({PERIOD})
                WHERE {SELECTED}
            """),
        ),
        Panel(
            title="Error budget left",
            description=f"What is left of the failures and slow answers that the promises allow "
            f"in the {days} before the period's end, of all variants. Below 0 the promise is "
            "broken: make the service steady before changing anything else.",
            kind="stat",
            empty="no request came in the time of the promise",
            unit="share",
            decimals=0,
            width=8,
            height=4,
            steps=(Step(None, BAD), Step(0, WARNING), Step(0.25, GOOD)),
            leads_to="latency",
            queries=table(f"""
                SELECT
                    {budget_left(ANSWERED_SHARE, slo.availability)} AS availability,
                    {budget_left(fast_share(slo.latency_ms), slo.latency_share)}
                        AS latency
                FROM report.latency(
                    $__timeTo()::timestamptz - INTERVAL '{days}', $__timeTo()
                )
            """),
        ),
    )


def _alerts() -> Panel:
    return Panel(
        title="Alerts",
        description="What `marquee alerts run` waits on (pending) or has told (firing), now, "
        "whatever the period. Each rule has a page in docs/runbooks. Grafana's own rules "
        "are under Alerting.",
        kind="table",
        unit="text",
        height=6,
        empty="nothing is wrong",
        series=(
            Series(name="severity", states=(("critical", BAD), ("warning", WARNING))),
            Series(name="state", states=(("firing", BAD), ("pending", WARNING))),
            Series(name="since", unit="time"),
        ),
        queries=table("""
            SELECT severity, state, rule, subject, summary, since
            FROM report.alert
            WHERE state <> 'resolved'
            ORDER BY state, severity, since
        """),
    )


def _in_service() -> Panel:
    return Panel(
        title="In service",
        description="Which model answered how much in the period, and when it was put into "
        "service. A version without a date was never told of by `marquee telemetry deploy`; one "
        "that should be gone and still answers: an instance was not replaced.",
        kind="table",
        unit="text",
        height=6,
        series=(
            Series(name="model_version", label="model version"),
            Series(name="requests", unit="count"),
            Series(name="answered", unit="share", decimals=1),
            Series(name="deployed_at", label="deployed", unit="time"),
        ),
        queries=table(f"""
            SELECT variant, model_version, requests, answered, deployed_at
            FROM (
                SELECT
                    variant,
                    model_version,
                    sum(requests)::bigint AS requests,
                    {ANSWERED_SHARE} AS answered
                FROM report.latency({PERIOD})
                WHERE {SELECTED}
                GROUP BY 1, 2
            ) AS served
            LEFT JOIN (
                SELECT variant, model_version, max(deployed_at) AS deployed_at
                FROM report.model_deploy
                WHERE deployed_at < $__timeTo()
                GROUP BY 1, 2
            ) AS deploy USING (variant, model_version)
            ORDER BY requests DESC
        """),
    )


def _traffic() -> Panel:
    return Panel(
        title="Requests",
        description="Requests per hour, and how many of them failed. A sudden fall on a day like "
        "others is trouble in front of the service, or a writer that is behind: see the pipeline "
        "page.",
        kind="time series",
        unit="per hour",
        width=8,
        minimum=0,
        series=(Series(name="requests", colour=SKY), Series(name="failed", colour=BAD)),
        queries=curves(
            f"""
            SELECT
                at AS time,
                3600 * sum(requests) / min(seconds) AS requests,
                3600 * sum(requests - answered) / min(seconds) AS failed
            FROM report.cohort_points({POINTS})
            WHERE {SELECTED}
            GROUP BY 1
            """,
            "requests",
            "failed",
        ),
    )


def _availability(thresholds: Thresholds) -> Panel:
    slo = thresholds.slo
    lines = (Step(slo.availability, SKY), Step(slo.latency_share, ORANGE))
    return Panel(
        title="Promises over time",
        description="The share answered of all requests, and of the answered the share within "
        f"{slo.latency_ms} ms. The line across in a curve's colour is what is promised of it: "
        "below it the latency page shows who fails or is slow, and since when.",
        kind="time series",
        unit="share",
        width=8,
        maximum=1,
        steps=(Step(None, BAD), *sorted(lines, key=lambda line: line.at or 0)),
        series=(Series(name="answered", colour=SKY), Series(name="fast", colour=ORANGE)),
        leads_to="latency",
        queries=curves(
            f"""
            SELECT
                at AS time,
                {ANSWERED_SHARE} AS answered,
                {fast_share(slo.latency_ms)} AS fast
            FROM report.latency_points({POINTS})
            WHERE {SELECTED}
            GROUP BY 1
            """,
            "answered",
            "fast",
        ),
    )


def _quality() -> Panel:
    return Panel(
        title="Hit-rate",
        description="How many answers led to a viewing or rating of one of their movies, young "
        "answers counted by how many of their hits have come by their age; the band is the 95 % "
        "interval. It falls after a deploy: compare the variants on the experiment page.",
        kind="time series",
        unit="share",
        width=8,
        minimum=0,
        series=banded("corrected"),
        leads_to="online-quality",
        queries=curves(
            f"""
            SELECT at AS time, {CORRECTED}
            FROM report.cohort_points({POINTS})
            WHERE {SELECTED}
            GROUP BY 1
            """,
            "corrected",
            "low",
            "high",
        ),
    )
