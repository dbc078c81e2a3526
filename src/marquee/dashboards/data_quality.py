"""What the log is like, and whether people still watch what the model was trained on."""

from marquee.dashboards.drift import drift
from marquee.dashboards.model import Dashboard, Panel, Row, Series, Step
from marquee.dashboards.palette import (
    BAD,
    BLUE,
    GOOD,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WARNING,
)
from marquee.dashboards.queries import curves, table
from marquee.dashboards.variables import COMMON
from marquee.telemetry.thresholds import Thresholds

_AT = "date_bin('${window}', bucket, TIMESTAMPTZ 'epoch')"
# The first point in full, as those of report.cohort_points.
_IN_POINTS = (
    "bucket >= date_bin('${window}', $__timeFrom()::timestamptz, TIMESTAMPTZ 'epoch') "
    "AND bucket < $__timeTo()"
)

_MOST_REASONS = 6
"""So many can be told apart by colour."""


def data_quality(thresholds: Thresholds) -> Dashboard:
    """Describe the page on the log and on drift."""
    return Dashboard(
        name="data-quality",
        title="Marquee: data quality and drift",
        description="What became of the lines of the log, and how far what is watched is from what "
        "the model was trained on.",
        variables=COMMON,
        rows=(
            Row("The log", (_shares(), _outcomes(), _rates())),
            Row("Put aside", (_reasons(), _reasons_in_all())),
            Row("Volume", (_volume(), _lines())),
            Row("Drift", drift(thresholds)),
        ),
    )


def _shares() -> Panel:
    return Panel(
        title="Bad, repeated and late lines",
        description="Of the period's lines: put aside as unreadable, recommendations and ratings "
        "that came twice, and lines that came later than MARQUEE_LATENESS_S behind the newest. "
        "Quarantine above a percent: a producer changed its format; see the reasons below, mend, "
        "then `marquee telemetry replay`.",
        kind="stat",
        empty="no line was committed in this period",
        unit="share",
        decimals=2,
        width=8,
        steps=(Step(None, GOOD), Step(0.01, WARNING), Step(0.05, BAD)),
        queries=table("""
            SELECT
                (sum(quarantined) / nullif(sum(lines), 0))::float8 AS quarantined,
                (sum(duplicates) / nullif(sum(lines), 0))::float8 AS duplicates,
                (sum(late) / nullif(sum(lines), 0))::float8 AS late
            FROM report.data_quality_1m
            WHERE $__timeFilter(bucket)
        """),
    )


def _outcomes() -> Panel:
    names = {
        "recommendations": BLUE,
        "interactions": GREEN,
        "collapsed": GREY,
        "duplicates": ORANGE,
        "accounts": SKY,
        "quarantined": VERMILION,
    }
    sums = ", ".join(f"sum({name})::float8 AS {name}" for name in names)
    return Panel(
        title="What became of lines",
        description="Lines that the writer committed, by outcome, in each point of time. Collapsed "
        "are minutes of a viewing that is known already; most lines are. A part that grows apart "
        "from the others is a producer that repeats itself or writes what cannot be read.",
        kind="time series",
        unit="count",
        axis="lines per window",
        width=16,
        minimum=0,
        stacked=True,
        series=tuple(Series(name=name, colour=colour) for name, colour in names.items()),
        queries=curves(
            f"""
            SELECT {_AT} AS time, {sums}
            FROM report.data_quality_1m
            WHERE {_IN_POINTS}
            GROUP BY 1
            """,
            *names,
            missing="0",
        ),
    )


def _rates() -> Panel:
    return Panel(
        title="Rates over time",
        description="The same shares over time. A burst of late lines after an outage is what was "
        "held back; a steady share is a clock that is wrong. Duplicates rise when a producer "
        "sends again what was already taken.",
        kind="time series",
        unit="share",
        width=24,
        height=7,
        minimum=0,
        series=(
            Series(name="quarantined", colour=VERMILION),
            Series(name="duplicates", colour=ORANGE),
            Series(name="late", colour=PURPLE),
        ),
        queries=curves(
            f"""
            SELECT
                {_AT} AS time,
                (sum(quarantined) / nullif(sum(lines), 0))::float8 AS quarantined,
                (sum(duplicates) / nullif(sum(lines), 0))::float8 AS duplicates,
                (sum(late) / nullif(sum(lines), 0))::float8 AS late
            FROM report.data_quality_1m
            WHERE {_IN_POINTS}
            GROUP BY 1
            """,
            "quarantined",
            "duplicates",
            "late",
        ),
    )


def _reasons() -> Panel:
    return Panel(
        title="Quarantine by reason over time",
        description="Lines put aside, by why and by when the broker got them: the "
        f"{_MOST_REASONS} most frequent reasons, and the others together. A reason that begins "
        "at one moment is a release of a producer: ask whose.",
        kind="time series",
        unit="count",
        axis="lines per window",
        minimum=0,
        stacked=True,
        empty="nothing was put aside",
        queries=curves(
            f"""
            SELECT
                {_AT} AS time,
                CASE WHEN place <= {_MOST_REASONS} THEN reason ELSE 'other' END AS reason,
                sum(records)::float8 AS value
            FROM report.quarantine_1m
            INNER JOIN (
                SELECT reason, row_number() OVER (ORDER BY sum(records) DESC, reason) AS place
                FROM report.quarantine_1m
                WHERE {_IN_POINTS}
                GROUP BY 1
            ) AS ranked USING (reason)
            WHERE {_IN_POINTS}
            GROUP BY 1, 2
            """,
            "value",
            by="reason",
            missing="0",
        ),
    )


def _reasons_in_all() -> Panel:
    return Panel(
        title="Quarantine by reason",
        description="The same of the whole period, most first. After the cause is mended, "
        "`marquee telemetry replay` reads the lines again.",
        kind="bar gauge",
        unit="count",
        labels="reason",
        series=(Series(name="records", colour=VERMILION),),
        empty="nothing was put aside",
        queries=table("""
            SELECT reason, sum(records)::float8 AS records
            FROM report.quarantine_1m
            WHERE $__timeFilter(bucket)
            GROUP BY 1
            ORDER BY 2 DESC
        """),
    )


def _volume() -> Panel:
    return Panel(
        title="Viewings and ratings",
        description="Ratings, and half hours in which a user watched a movie, per hour. "
        "One kind missing while the other goes on: a producer has stopped.",
        kind="time series",
        unit="per hour",
        minimum=0,
        series=(
            Series(name="watch", colour=BLUE),
            Series(name="rating", colour=ORANGE),
        ),
        queries=curves(
            """
            SELECT
                at AS time,
                kind,
                3600 * sum(interactions)
                / report.point_seconds(at, width, $__timeTo(), INTERVAL '30 minutes') AS value
            FROM report.interaction_30m
            CROSS JOIN (VALUES (greatest('${window}', INTERVAL '30 minutes'))) AS point (width)
            CROSS JOIN LATERAL (SELECT date_bin(width, bucket, TIMESTAMPTZ 'epoch') AS at) AS bin
            WHERE bucket < $__timeTo()
                AND bucket >= date_bin(width, $__timeFrom()::timestamptz, TIMESTAMPTZ 'epoch')
            GROUP BY at, width, kind
            """,
            "value",
            by="kind",
            missing="0",
            width="greatest(INTERVAL '${window}', INTERVAL '30 minutes')",
        ),
    )


def _lines() -> Panel:
    return Panel(
        title="Lines by topic",
        description="Lines per second that the writer committed. A gap while users are there: the "
        "writer stands still; see the pipeline page.",
        kind="time series",
        unit="per second",
        minimum=0,
        leads_to="pipeline",
        queries=curves(
            f"""
            SELECT
                at AS time,
                topic,
                (
                    sum(lines)
                    / report.point_seconds(at, '${{window}}', $__timeTo(), INTERVAL '1 minute')
                )::float8 AS value
            FROM report.data_quality_1m
            CROSS JOIN LATERAL (SELECT {_AT} AS at) AS point
            WHERE {_IN_POINTS}
            GROUP BY at, topic
            """,
            "value",
            by="topic",
        ),
    )
