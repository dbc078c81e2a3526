"""How good the recommendations are, by what users then watch and rate."""

from marquee.dashboards.model import Dashboard, Panel, Row, Series
from marquee.dashboards.objectives import in_percent
from marquee.dashboards.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY
from marquee.dashboards.queries import arms, banded, curves, table
from marquee.dashboards.rates import CORRECTED, CORRECTED_RATE, SO_FAR, mature, mature_ends
from marquee.dashboards.variables import BY_THE_HOUR, PERIOD, POINTS, SELECTED, VARIANTS, VERSIONS
from marquee.telemetry.thresholds import Thresholds


def online_quality(thresholds: Thresholds) -> Dashboard:
    """Describe the page on hits."""
    return Dashboard(
        name="online-quality",
        title="Marquee: online quality",
        description="How many answers led to a viewing or rating of one of their movies, and how "
        "high in the list it stood; by when answers were served.",
        variables=BY_THE_HOUR,
        rows=(
            Row("Hit-rate", (_with_interval(thresholds), _maturing(), _by_variant(), _by_model())),
            Row("Of the whole period", (_variants(), _models())),
            Row("Where in the list", (_at_k(), _reciprocal())),
            Row("How hits come", (_delay(), _percentiles())),
        ),
    )


def _with_interval(thresholds: Thresholds) -> Panel:
    rule = thresholds.hit_rate
    return Panel(
        title="Hit-rate with its interval",
        description="Of the chosen variants together. Answers that are still young count by the "
        "share of hits that comes by their age; the band is the 95 % interval and widens to the "
        "right, where less is known. An alert is raised where the mature rate of the last "
        f"{rule.recent_hours} hours is surely below that of the {rule.baseline_days} days before, "
        f"and by {in_percent(rule.relative_drop)} of it at the least: see its runbook.",
        kind="time series",
        unit="share",
        minimum=0,
        series=banded("corrected"),
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


def _maturing() -> Panel:
    return Panel(
        title="So far, mature and corrected",
        description="So far: hits until now, too low at the right end as hits are still to come. "
        "Mature: of answers whose hits have all come, so it ends early. Corrected: the estimate "
        "for all. Where the three part long before the end, the writer is behind: see the "
        "pipeline.",
        kind="time series",
        unit="share",
        minimum=0,
        series=(
            Series(name="so far", colour=GREY, dashed=True),
            Series(name="mature", colour=GREEN),
            Series(name="corrected", colour=BLUE),
        ),
        queries=curves(
            f"""
            SELECT
                at AS time,
                {SO_FAR} AS "so far",
                {mature("hits")} AS mature,
                {CORRECTED_RATE} AS corrected
            FROM report.cohort_points({POINTS})
            WHERE {SELECTED}
            GROUP BY 1
            """,
            '"so far"',
            "mature",
            "corrected",
        ),
    )


def _by_variant() -> Panel:
    return Panel(
        title="Hit-rate by variant",
        description="Of mature answers, as one whose hits come sooner would look better while they "
        "are young: so it ends early. Curves that cross again and again do not differ; the "
        "experiment page says whether they do, with an interval.",
        kind="time series",
        unit="share",
        minimum=0,
        series=arms(),
        leads_to="experiment",
        queries=curves(_split("variant"), "value", by="variant"),
    )


def _by_model() -> Panel:
    return Panel(
        title="Hit-rate by model version",
        description="Of mature answers. A new version that starts lower than the one before on the "
        "same variant: wait until its interval in the table below is apart from the old one's, "
        "then roll back.",
        kind="time series",
        unit="share",
        minimum=0,
        queries=curves(_split("model_version"), "value", by="model_version"),
    )


def _split(key: str) -> str:
    return f"""
        SELECT at AS time, {key}, {mature("hits")} AS value
        FROM report.cohort_points({POINTS})
        WHERE {SELECTED}
        GROUP BY 1, 2
    """


_COLUMNS = (
    Series(name="model_version", label="model version"),
    Series(name="answered", unit="count"),
    *(
        Series(name=name, label=label, unit="share", decimals=1)
        for name, label in (
            ("hit_rate_mature", "hit-rate"),
            ("hit_rate_mature_low", "low"),
            ("hit_rate_mature_high", "high"),
            ("hit_rate_corrected", "corrected"),
            ("hit_rate_so_far", "so far"),
        )
    ),
    Series(name="precision", unit="share", decimals=2),
    Series(name="mrr", label="MRR", unit="ratio", decimals=3),
)


def _variants() -> Panel:
    return Panel(
        title="By variant",
        description="Hit-rate of mature answers with its 95 % interval (Wilson's), the corrected "
        "rate and that so far of all answers; precision: of the items shown those that were hit; "
        "MRR: the mean of 1 / rank of the best hit; of all model versions, whichever are chosen. "
        "Two whose intervals lie apart differ.",
        kind="table",
        unit="text",
        width=24,
        height=6,
        series=_COLUMNS,
        queries=table(f"""
            SELECT
                variant, answered, hit_rate_mature, hit_rate_mature_low, hit_rate_mature_high,
                hit_rate_corrected, hit_rate_so_far, precision, mrr
            FROM report.hit_rate_by_variant({PERIOD})
            WHERE {VARIANTS}
            ORDER BY variant
        """),
    )


def _models() -> Panel:
    return Panel(
        title="By model version",
        description="The same by what answered, of all variants. A version with few answers has a "
        "wide interval: give it time before judging it.",
        kind="table",
        unit="text",
        width=24,
        height=6,
        series=_COLUMNS,
        queries=table(f"""
            SELECT
                model_version, answered, hit_rate_mature, hit_rate_mature_low,
                hit_rate_mature_high, hit_rate_corrected, hit_rate_so_far, precision, mrr
            FROM report.hit_rate_by_model({PERIOD})
            WHERE {VERSIONS}
            ORDER BY model_version
        """),
    )


def _at_k() -> Panel:
    rates = ",\n                ".join(
        f'{mature(f"hits_at_{k}")} AS "hit@{k}"' for k in (1, 5, 10, 20)
    )
    return Panel(
        title="hit@k",
        description="Mature answers with a hit among the first k movies. hit@1 falling while "
        "hit@20 stays: the right movies are found, and ranked worse.",
        kind="time series",
        unit="share",
        minimum=0,
        series=(
            Series(name="hit@1", colour=PURPLE),
            Series(name="hit@5", colour=ORANGE),
            Series(name="hit@10", colour=SKY),
            Series(name="hit@20", colour=BLUE),
        ),
        queries=curves(
            f"""
            SELECT
                at AS time,
                {rates}
            FROM report.cohort_points({POINTS})
            WHERE {SELECTED}
            GROUP BY 1
            """,
            *[f'"hit@{k}"' for k in (1, 5, 10, 20)],
        ),
    )


def _reciprocal() -> Panel:
    low, high = mature_ends("items_hit", "items")
    return Panel(
        title="MRR and precision",
        description="Of mature answers: MRR, the mean of 1 / rank of the best hit (0 without "
        "one); precision, the share of shown items that were hit, with its 95 % interval, which "
        "takes the items of a list as independent. MRR falls with the ranking, precision with "
        "the choice.",
        kind="time series",
        unit="ratio",
        decimals=3,
        minimum=0,
        axis="MRR and precision, from 0 to 1",
        series=(Series(name="MRR", colour=PURPLE), *banded("precision")),
        queries=curves(
            f"""
            SELECT
                at AS time,
                {mature("reciprocal_rank")} AS "MRR",
                {mature("items_hit", "items")} AS precision,
                {low} AS low,
                {high} AS high
            FROM report.cohort_points({POINTS})
            WHERE {SELECTED}
            GROUP BY 1
            """,
            '"MRR"',
            "precision",
            "low",
            "high",
        ),
    )


def _delay() -> Panel:
    return Panel(
        title="Delay curve",
        description="The share of hits that has come by so many minutes after the answer, learnt "
        "from the mature answers of the last seven days, whatever the period: what young answers "
        "are corrected by. A curve that still climbs at its right end: the hit window "
        "(MARQUEE_HIT_WINDOW_S) cuts hits off.",
        kind="bar chart",
        unit="share",
        minimum=0,
        maximum=1,
        labels="minutes",
        axis="share of hits that have come",
        across="minutes since the answer",
        series=(Series(name="come", colour=BLUE),),
        empty="no hit of a mature answer has come yet",
        queries=table("""
            SELECT
                round(max(delay_s)::numeric / 60, 1)::float8::text AS minutes,
                max(cumulative_share) AS come
            FROM (
                SELECT
                    delay_s,
                    cumulative_share,
                    ceil(bin * least(30, count(*) OVER ()) / (count(*) OVER ())::numeric) AS bar
                FROM report.delay
            ) AS delay
            WHERE cumulative_share IS NOT NULL
            GROUP BY bar
            ORDER BY bar
        """),
    )


def _percentiles() -> Panel:
    return Panel(
        title="Time to a hit",
        description="How long after an answer 50, 95 and 99 of 100 hits have come, learnt as the "
        "curve beside. They tell how long to wait before judging a change.",
        kind="stat",
        empty="no hit of a mature answer has come yet",
        unit="s",
        decimals=0,
        series=(
            Series(name="p50", colour=SKY),
            Series(name="p95", colour=ORANGE),
            Series(name="p99", colour=PURPLE),
        ),
        queries=table("""
            SELECT delay_p50_s AS p50, delay_p95_s AS p95, delay_p99_s AS p99
            FROM report.delay_percentiles
        """),
    )
