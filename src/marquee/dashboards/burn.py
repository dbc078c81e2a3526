"""How fast the error budget is used up (Beyer et al., The Site Reliability Workbook, 2018)."""

from marquee.dashboards.model import Panel, Series, Step
from marquee.dashboards.palette import BAD, BLUE, GOOD, ORANGE, PURPLE, SKY, WARNING
from marquee.dashboards.queries import curves
from marquee.dashboards.variables import SELECTED
from marquee.telemetry.thresholds import Thresholds


def burn_rates(thresholds: Thresholds) -> tuple[Panel, ...]:
    """Describe the burn rates of both promises over the windows that alerts look at."""
    slo = thresholds.slo
    return (
        _burning(
            thresholds,
            title="Burn rate of availability",
            what="Failed requests",
            bad="status <> 200",
            all_="true",
            allowed=1 - slo.availability,
        ),
        _burning(
            thresholds,
            title="Burn rate of latency",
            what=f"Answers over {slo.latency_ms} ms",
            bad=f"status = 200 AND latency_ms > {slo.latency_ms}",
            all_="status = 200",
            allowed=1 - slo.latency_share,
        ),
    )


def _burning(
    thresholds: Thresholds, *, title: str, what: str, bad: str, all_: str, allowed: float
) -> Panel:
    rules = thresholds.burn_rates
    spans = sorted(
        {minutes for rule in rules for minutes in (rule.long_minutes, rule.short_minutes)}
    )
    told = "; ".join(
        f"over {rule.factor:g} in both {_span(rule.long_minutes)} and "
        f"{_span(rule.short_minutes)}: {rule.severity}"
        for rule in rules
    )
    colours = {"warning": WARNING, "critical": BAD}
    steps = sorted((rule.factor, colours[rule.severity]) for rule in rules)
    rates = ",\n                    ".join(
        f"(sum(bad) OVER last_{minutes} / nullif(sum(n) OVER last_{minutes}, 0))::float8 "
        f'/ {allowed:.6g} AS "{_span(minutes)}"'
        for minutes in spans
    )
    windows = ",\n                    ".join(
        f"last_{minutes} AS (ORDER BY bucket RANGE BETWEEN INTERVAL '{minutes - 1} minutes' "
        "PRECEDING AND CURRENT ROW)"
        for minutes in spans
    )
    names = [f'"{_span(minutes)}"' for minutes in spans]
    return Panel(
        title=title,
        description=f"{what}, as a multiple of what is promised, over several lengths of time: "
        f"1 uses up the budget exactly as it is given. Alerts, of all variants together and from "
        f"{thresholds.slo.min_requests} requests in the longer window on: {told}. When both cross: "
        "roll back what was deployed last, then look for the cause.",
        kind="time series",
        unit="ratio",
        axis="times the allowed pace",
        minimum=0,
        steps=(Step(None, GOOD), *(Step(at, colour) for at, colour in steps)),
        series=tuple(
            Series(name=_span(minutes), colour=colour)
            for minutes, colour in zip(spans, (PURPLE, ORANGE, SKY, BLUE), strict=False)
        ),
        queries=curves(
            f"""
            SELECT DISTINCT ON (1) date_bin('${{window}}', minute, TIMESTAMPTZ 'epoch') AS time,
                {", ".join(names)}
            FROM (
                SELECT
                    bucket AS minute,
                    {rates}
                FROM (
                    SELECT
                        bucket,
                        sum(requests) FILTER (WHERE {all_}) AS n,
                        coalesce(sum(requests) FILTER (WHERE {bad}), 0) AS bad
                    FROM report.latency_1m
                    WHERE bucket >= $__timeFrom()::timestamptz - INTERVAL '{spans[-1]} minutes'
                        AND bucket < $__timeTo()
                        AND {SELECTED}
                    GROUP BY 1
                ) AS counted
                WINDOW
                    {windows}
            ) AS rate
            WHERE $__timeFilter(minute)
            ORDER BY 1, minute DESC
            """,
            *names,
        ),
    )


def _span(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
