"""How long users wait, and how fast the error budget is used up."""

from marquee.dashboards.burn import burn_rates
from marquee.dashboards.model import Dashboard, Panel, Row, Series, Step
from marquee.dashboards.objectives import fast_share, in_percent
from marquee.dashboards.palette import BAD, BLUE, GOOD, GREY, ORANGE, PURPLE, SKY
from marquee.dashboards.queries import arms, cells, curves, quantile, table
from marquee.dashboards.variables import COMMON, PERIOD, POINTS, SELECTED
from marquee.telemetry.thresholds import Thresholds

_EDGES_MS = (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 1000, 2000, 5000)


def latency(thresholds: Thresholds) -> Dashboard:
    """Describe the page on waiting and failing."""
    return Dashboard(
        name="latency",
        title="Marquee: latency and failures",
        description="How long answers take, which requests fail, and how fast the error budget "
        "is used up.",
        variables=COMMON,
        rows=(
            Row("Latency of answers", (_percentiles(thresholds), _map(), *_by_variant())),
            Row("Of the whole period", (_table(thresholds), _statuses())),
            Row("Burn rates", burn_rates(thresholds)),
        ),
    )


def _percentiles(thresholds: Thresholds) -> Panel:
    slo = thresholds.slo
    return Panel(
        title="Percentiles",
        description="The latency that 50, 95 and 99 of 100 answers of the chosen variants stay "
        "within, to 1 %; failures are left out. p99 alone rising: a few requests wait for "
        "something; all rising: load, or a slower model. The line is the "
        f"{slo.latency_ms} ms that are promised of {in_percent(slo.latency_share)}.",
        kind="time series",
        unit="ms",
        minimum=0,
        steps=(Step(None, GOOD), Step(slo.latency_ms, BAD)),
        series=(
            Series(name="p50", colour=SKY),
            Series(name="p95", colour=ORANGE),
            Series(name="p99", colour=PURPLE),
        ),
        queries=curves(
            f"""
            SELECT
                at AS time,
                {quantile(0.5)} AS p50,
                {quantile(0.95)} AS p95,
                {quantile(0.99)} AS p99
            FROM report.latency_points({POINTS})
            WHERE status = 200 AND {SELECTED}
            GROUP BY 1
            """,
            "p50",
            "p95",
            "p99",
        ),
    )


def _map() -> Panel:
    bands = zip((0, *_EDGES_MS), (*_EDGES_MS, None), strict=True)
    columns = ",\n                ".join(_band(low, high) for low, high in bands)
    return Panel(
        title="Where answers lie",
        description="How many answers took how long: the more, the darker (on dark: the lighter). "
        "Two bands mean two ways to answer (a cache, a fallback, a slow replica): compare variants "
        "and versions. A band that moves up is a slower service; a thin one far up is a time-out.",
        kind="heat map",
        unit="count",
        axis="latency (a stronger colour: more answers)",
        queries=cells(f"""
            SELECT
                at AS time,
                {columns}
            FROM (
                SELECT at, report.latency_ms(latency_bucket) AS ms, sum(requests) AS requests
                FROM report.latency_points({POINTS})
                WHERE status = 200 AND {SELECTED}
                GROUP BY at, latency_bucket
            ) AS answers
            GROUP BY 1
            ORDER BY 1
        """),
    )


def _band(low: int, high: int | None) -> str:
    name = f"over {low} ms" if high is None else f"{low} to {high} ms"
    within = f"ms >{'' if low else '='} {low}" + ("" if high is None else f" AND ms <= {high}")
    return f'coalesce(sum(requests) FILTER (WHERE {within}), 0)::float8 AS "{name}"'


def _by_variant() -> tuple[Panel, ...]:
    return tuple(
        Panel(
            title=f"p{percent} by variant",
            description=f"The latency that {percent} of 100 answers of a variant stay within. "
            "One variant alone being slower is its model's own time: profile it, or give it less "
            "of the traffic. All being slower is what they share.",
            kind="time series",
            unit="ms",
            minimum=0,
            series=arms(),
            queries=curves(
                f"""
                SELECT at AS time, variant, {quantile(percent / 100)} AS value
                FROM report.latency_points({POINTS})
                WHERE status = 200 AND {SELECTED}
                GROUP BY 1, 2
                """,
                "value",
                by="variant",
            ),
        )
        for percent in (95, 99)
    )


def _table(thresholds: Thresholds) -> Panel:
    slo = thresholds.slo
    limit = (Step(None, GOOD), Step(slo.latency_ms, BAD))
    return Panel(
        title="By variant and model version",
        description="Answers of the whole period and their latency. Compare versions of one "
        f"variant to see what a deploy did; fast is the share within {slo.latency_ms} ms, of "
        f"which {in_percent(slo.latency_share)} are promised.",
        kind="table",
        unit="text",
        series=(
            Series(name="model_version", label="model version"),
            Series(name="answers", unit="count"),
            Series(name="p50", unit="ms", decimals=0),
            Series(name="p95", unit="ms", decimals=0),
            Series(name="p99", unit="ms", decimals=0, steps=limit),
            Series(
                name="fast",
                unit="share",
                decimals=2,
                steps=(Step(None, BAD), Step(slo.latency_share, GOOD)),
            ),
        ),
        queries=table(f"""
            SELECT
                variant,
                model_version,
                sum(requests)::bigint AS answers,
                {quantile(0.5)} AS p50,
                {quantile(0.95)} AS p95,
                {quantile(0.99)} AS p99,
                {fast_share(slo.latency_ms)} AS fast
            FROM report.latency({PERIOD})
            WHERE status = 200 AND {SELECTED}
            GROUP BY 1, 2
            ORDER BY 1, 2
        """),
    )


def _statuses() -> Panel:
    return Panel(
        title="Failures by status",
        description="Failed requests per hour by HTTP status, on top of each other. "
        "5xx: the recommender itself, look at its log. 4xx: who calls it. No answer or 504: "
        "overload or the network. None at all is the best this panel can show.",
        kind="time series",
        unit="per hour",
        minimum=0,
        stacked=True,
        empty="No request failed in this period",
        series=(
            Series(name="0", label="no answer", colour=GREY),
            Series(name="500", colour=BAD),
            Series(name="503", colour=ORANGE),
            Series(name="504", colour=PURPLE),
            Series(name="404", colour=BLUE),
        ),
        queries=curves(
            f"""
            WITH point AS (
                SELECT at, seconds, status, sum(requests) AS requests
                FROM report.latency_points({POINTS})
                WHERE {SELECTED}
                GROUP BY 1, 2, 3
            )
            SELECT
                at AS time,
                failure.status::text AS status,
                3600 * coalesce(sum(requests) FILTER (WHERE point.status = failure.status), 0)
                / min(seconds) AS value
            FROM point
            CROSS JOIN (SELECT DISTINCT status FROM point WHERE status <> 200) AS failure
            GROUP BY 1, 2
            """,
            "value",
            by="status",
        ),
    )
