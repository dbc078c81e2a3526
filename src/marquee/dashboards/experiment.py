"""Whether the treatment is better than the control, and whether traffic was split as meant."""

from collections.abc import Mapping

from marquee.dashboards.comparison import ARMS, BOTH, COMPARED, TREATED, compared
from marquee.dashboards.model import Dashboard, Panel, Row, Series, Step
from marquee.dashboards.palette import BAD, BLUE, GOOD, GREY, PURPLE, WARNING
from marquee.dashboards.queries import arms, banded, curves, quantile, table
from marquee.dashboards.rates import mature
from marquee.dashboards.variables import (
    CONTROL,
    HOUR,
    MODEL_VERSION,
    PERIOD,
    POINTS,
    TREATMENT,
    VARIANT,
    VARIANTS,
)
from marquee.telemetry.thresholds import Thresholds

_SAME = "treatment and control are the same, or one has no mature answers yet"


def experiment(thresholds: Thresholds) -> Dashboard:
    """Describe the page that compares two variants."""
    return Dashboard(
        name="experiment",
        title="Marquee: experiment",
        description="The difference between two variants with its interval, and what could make "
        "it untrue: an uneven split, a slower or failing arm.",
        variables=(CONTROL, TREATMENT, VARIANT, MODEL_VERSION, HOUR),
        rows=(
            Row("The difference", (_difference(), _differences())),
            Row("The split of traffic (sample ratio)", (_chance(thresholds), _users(), _split())),
            Row("Guardrails", (_guardrails(thresholds), _latencies(thresholds))),
            Row("Over time", (_rates(), _power())),
        ),
    )


def _difference() -> Panel:
    return Panel(
        title="Treatment minus control",
        description="How much higher the treatment's rates are, of mature answers of the period, "
        "with Newcombe's 95 % interval. Better or worse: the interval is all on one side of 0. It "
        "takes answers as independent; users ask more than once, so it is somewhat too narrow. "
        "Decide at a planned end, not at the first moment that it leaves 0.",
        kind="table",
        unit="text",
        series=COMPARED,
        empty=_SAME,
        queries=compared(
            """
            SELECT
                variant,
                sum(answered) AS n,
                sum(hits) AS hits,
                sum(hits_at_1) AS hits_at_1,
                sum(hits_at_5) AS hits_at_5,
                sum(hits_at_10) AS hits_at_10
            """,
            source=f"report.mature_answers({PERIOD})",
            rates=(
                ("hit-rate", "hits", "n"),
                ("hit@1", "hits_at_1", "n"),
                ("hit@5", "hits_at_5", "n"),
                ("hit@10", "hits_at_10", "n"),
            ),
        ),
    )


def _guardrails(thresholds: Thresholds) -> Panel:
    slo = thresholds.slo
    return Panel(
        title="Guardrails",
        description="What a better hit-rate must not be paid with: requests answered, and answers "
        f"within {slo.latency_ms} ms, each as treatment minus control with Newcombe's 95 % "
        "interval. Worse: stop the experiment or mend the arm before reading anything else here.",
        kind="table",
        unit="text",
        series=COMPARED,
        empty=_SAME,
        queries=compared(
            f"""
            SELECT
                variant,
                sum(requests) AS requests,
                coalesce(sum(requests) FILTER (WHERE status = 200), 0) AS answered,
                coalesce(sum(requests) FILTER (
                    WHERE status = 200 AND report.latency_ms(latency_bucket) <= {slo.latency_ms}
                ), 0) AS fast
            """,
            source=f"report.latency({PERIOD})",
            rates=(("answered", "answered", "requests"), ("fast", "fast", "answered")),
        ),
    )


def _differences() -> Panel:
    return Panel(
        title="Difference of the hit-rate over time",
        description="The same difference for each point of time, mature answers alone, with its "
        "interval. It should lie about one level: a drift towards 0 is novelty wearing off, a "
        "jump at a deploy another model.",
        kind="time series",
        unit="share",
        steps=(Step(None, GREY), Step(0, GREY)),
        series=banded("difference", PURPLE),
        queries=curves(
            f"""
            SELECT
                time,
                hits / n - base_hits / base_n AS difference,
                report.difference_low(hits, n, base_hits, base_n) AS low,
                report.difference_high(hits, n, base_hits, base_n) AS high
            FROM (
                SELECT
                    at AS time,
                    sum(hits) FILTER (WHERE {TREATED})::float8 AS hits,
                    sum(answered) FILTER (WHERE {TREATED})::float8 AS n,
                    sum(hits) FILTER (WHERE NOT {TREATED})::float8 AS base_hits,
                    sum(answered) FILTER (WHERE NOT {TREATED})::float8 AS base_n
                FROM report.cohort_points({POINTS})
                WHERE mature AND {ARMS}
                GROUP BY 1
            ) AS point
            WHERE n > 0 AND base_n > 0
            """,
            "difference",
            "low",
            "high",
        ),
    )


def _chance(thresholds: Thresholds) -> Panel:
    rule = thresholds.sample_ratio
    return Panel(
        title="Sample ratio: p of the split",
        description="p of the chi-square test that the users of treatment and control came to be "
        "split as far from what was meant (sample_ratio.weights in monitoring/thresholds.yaml) by "
        f"chance. Below {rule.p:g} the split is broken and no difference above can be trusted: "
        "look for requests that are lost, retried or routed in one arm alone. Of the users that "
        f"are counted beside; the alert counts all of {rule.hours} hours.",
        kind="stat",
        empty="one of the two variants met no user in this period",
        unit="ratio",
        decimals=4,
        width=8,
        steps=(Step(None, BAD), Step(rule.p, WARNING), Step(100 * rule.p, GOOD)),
        queries=table(f"""
            SELECT
                report.chance_of_split(
                    sum(users) FILTER (WHERE {TREATED}),
                    sum(users) FILTER (WHERE NOT {TREATED}),
                    {_weight("treatment", rule.weights)},
                    {_weight("control", rule.weights)}
                ) AS p
            FROM report.users({PERIOD})
            WHERE {BOTH}
        """),
    )


def _weight(variable: str, weights: Mapping[str, float]) -> str:
    known = "".join(f" WHEN '{name}' THEN {weight:g}" for name, weight in weights.items())
    return f"CASE ${{{variable}:sqlstring}}{known} ELSE 1 END" if known else "1"


def _users() -> Panel:
    return Panel(
        title="Users by variant",
        description="How many users each variant met in the period, and how many of them met "
        "another variant too; of more than 200,000 requests every 32nd user is counted. The latter "
        "should be 0: a user who changes arms blurs the difference.",
        kind="table",
        unit="text",
        width=8,
        series=(
            Series(name="users", unit="count"),
            Series(name="share", unit="share", decimals=1),
            Series(name="of_several", label="met another too", unit="count"),
        ),
        queries=table(f"""
            SELECT
                variant,
                users,
                (users / sum(users) OVER ())::float8 AS share,
                of_several
            FROM report.users({PERIOD})
            WHERE {VARIANTS}
            ORDER BY variant
        """),
    )


def _split() -> Panel:
    return Panel(
        title="Share of requests by variant",
        description="Of the requests of treatment and control together, the part of each. A step "
        "is a changed split; a wave is an arm whose users come at other hours.",
        kind="time series",
        unit="share",
        width=8,
        minimum=0,
        maximum=1,
        series=arms(),
        queries=curves(
            f"""
            SELECT
                at AS time,
                variant,
                (sum(requests) / sum(sum(requests)) OVER (PARTITION BY at))::float8 AS value
            FROM report.cohort_points({POINTS})
            WHERE {ARMS}
            GROUP BY at, variant
            """,
            "value",
            by="variant",
        ),
    )


def _latencies(thresholds: Thresholds) -> Panel:
    limit = (Step(None, GOOD), Step(thresholds.slo.latency_ms, BAD))
    return Panel(
        title="Latency of the arms",
        description="The latency that 50, 95 and 99 of 100 answers of each arm stay within. A "
        "slower arm loses users by its slowness, which then looks like a worse model.",
        kind="table",
        unit="text",
        series=(
            Series(name="answers", unit="count"),
            Series(name="p50", unit="ms", decimals=0),
            Series(name="p95", unit="ms", decimals=0),
            Series(name="p99", unit="ms", decimals=0, steps=limit),
        ),
        queries=table(f"""
            SELECT
                variant,
                sum(requests)::bigint AS answers,
                {quantile(0.5)} AS p50,
                {quantile(0.95)} AS p95,
                {quantile(0.99)} AS p99
            FROM report.latency({PERIOD})
            WHERE status = 200 AND {ARMS}
            GROUP BY 1
            ORDER BY {TREATED}
        """),
    )


def _rates() -> Panel:
    return Panel(
        title="Hit-rate of the arms",
        description="Of mature answers of treatment and control. Both falling together is not the "
        "experiment: see the online quality page.",
        kind="time series",
        unit="share",
        minimum=0,
        series=arms(),
        leads_to="online-quality",
        queries=curves(
            f"""
            SELECT at AS time, variant, {mature("hits")} AS value
            FROM report.cohort_points({POINTS})
            WHERE {ARMS}
            GROUP BY 1, 2
            """,
            "value",
            by="variant",
        ),
    )


def _power() -> Panel:
    return Panel(
        title="Answers needed",
        description="How many mature answers each arm has in the period, and how many it takes to "
        "see a difference of a tenth of the control's rate with 80 % power at 95 % confidence "
        "(16 p (1 − p) / d², Lehr, Statistics in Medicine 11, 1992). Fewer than needed: wait.",
        kind="bar gauge",
        unit="count",
        series=(Series(name="answers", colour=BLUE), Series(name="needed", colour=GREY)),
        labels="arm",
        queries=table(f"""
            WITH arm AS (
                SELECT variant, sum(answered) AS n, sum(hits) / nullif(sum(answered), 0) AS p
                FROM report.mature_answers({PERIOD})
                WHERE {ARMS}
                GROUP BY 1
            )
            SELECT
                variant AS arm,
                n::float8 AS answers,
                (
                    SELECT ceil(16 * p * (1 - p) / nullif((0.1 * p) ^ 2, 0))::float8
                    FROM arm
                    WHERE NOT {TREATED}
                ) AS needed
            FROM arm
            ORDER BY {TREATED}
        """),
    )
