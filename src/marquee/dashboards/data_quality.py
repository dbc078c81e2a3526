"""What the log is like, and whether people still watch what the model was trained on."""

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
from marquee.dashboards.variables import COMMON, VERSIONS
from marquee.telemetry.thresholds import Thresholds

_AT = "date_bin('${window}', bucket, TIMESTAMPTZ 'epoch')"
_NO_REFERENCE = "no chosen model has told what it was trained on"


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
            Row("Drift", (_stability(thresholds), _genres(), _popularity())),
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
        width=16,
        minimum=0,
        stacked=True,
        series=tuple(Series(name=name, colour=colour) for name, colour in names.items()),
        queries=curves(f"""
            SELECT {_AT} AS time, {sums}
            FROM report.data_quality_1m
            WHERE $__timeFilter(bucket)
            GROUP BY 1
            ORDER BY 1
        """),
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
        queries=curves(f"""
            SELECT
                {_AT} AS time,
                (sum(quarantined) / nullif(sum(lines), 0))::float8 AS quarantined,
                (sum(duplicates) / nullif(sum(lines), 0))::float8 AS duplicates,
                (sum(late) / nullif(sum(lines), 0))::float8 AS late
            FROM report.data_quality_1m
            WHERE $__timeFilter(bucket)
            GROUP BY 1
            ORDER BY 1
        """),
    )


def _reasons() -> Panel:
    return Panel(
        title="Quarantine by reason over time",
        description="Lines put aside, by why and by when the broker got them. A reason that begins "
        "at one moment is a release of a producer: ask whose.",
        kind="time series",
        unit="count",
        minimum=0,
        stacked=True,
        empty="nothing was put aside",
        queries=curves(f"""
            SELECT {_AT} AS time, reason AS metric, sum(records)::float8 AS value
            FROM report.quarantine_1m
            WHERE $__timeFilter(bucket)
            GROUP BY 1, 2
            ORDER BY 1
        """),
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
        description="Ratings, and half hours in which a user watched a movie, by half hour at the "
        "least. One kind missing while the other goes on: a producer has stopped.",
        kind="time series",
        unit="count",
        minimum=0,
        series=(
            Series(name="watch", colour=BLUE),
            Series(name="rating", colour=ORANGE),
        ),
        queries=curves("""
            SELECT
                date_bin(
                    greatest('${window}', INTERVAL '30 minutes'), bucket, TIMESTAMPTZ 'epoch'
                ) AS time,
                kind AS metric,
                sum(interactions)::float8 AS value
            FROM report.interaction_30m
            WHERE $__timeFilter(bucket)
            GROUP BY 1, 2
            ORDER BY 1
        """),
    )


def _lines() -> Panel:
    return Panel(
        title="Lines by topic",
        description="Lines per second that the writer committed. 0 while users are there: the "
        "writer stands still; see the pipeline page.",
        kind="time series",
        unit="per second",
        minimum=0,
        leads_to="pipeline",
        queries=curves(f"""
            SELECT
                {_AT} AS time,
                topic AS metric,
                (sum(lines) / extract(EPOCH FROM INTERVAL '${{window}}'))::float8 AS value
            FROM report.data_quality_1m
            WHERE $__timeFilter(bucket)
            GROUP BY 1, 2
            ORDER BY 1
        """),
    )


# Against the newest of the chosen models that has a reference: one model at a time.
_DRIFT = f"""
            WITH model AS (
                SELECT model_version
                FROM (SELECT DISTINCT model_version FROM report.reference_distribution) AS known
                LEFT JOIN report.model_deploy USING (model_version)
                WHERE {VERSIONS}
                ORDER BY deployed_at DESC NULLS LAST
                LIMIT 1
            ),
            seen AS (
                SELECT watched.feature, watched.bin, watched.events
                FROM model
                CROSS JOIN report.watched(model_version, $__timeFrom(), $__timeTo()) AS watched
            ),
            share AS (
                SELECT
                    feature,
                    bin,
                    coalesce(trained.events, 0)
                    / nullif(sum(trained.events) OVER part, 0)::float8 AS trained,
                    coalesce(seen.events, 0)
                    / nullif(sum(seen.events) OVER part, 0)::float8 AS watched
                FROM (
                    SELECT feature, bin, events
                    FROM report.reference_distribution
                    INNER JOIN model USING (model_version)
                ) AS trained
                FULL JOIN seen USING (feature, bin)
                WINDOW part AS (PARTITION BY feature)
            )
"""


def _stability(thresholds: Thresholds) -> Panel:
    rule = thresholds.drift
    return Panel(
        title="Drift from the training data",
        description="How far what was watched in the period is from what the newest chosen model "
        "was trained on: the population stability index, by genre and by popularity (up to "
        f"{rule.psi_clear:g} stable, from {rule.psi:g} on another population: train anew), and "
        "the Jensen-Shannon divergence in bits (0 alike, 1 nothing in common). Alerts judge "
        f"{rule.hours} hours; a shorter period is less sure.",
        kind="table",
        unit="text",
        width=8,
        series=(
            Series(
                name="psi",
                label="PSI",
                unit="ratio",
                decimals=3,
                steps=(Step(None, GOOD), Step(rule.psi_clear, WARNING), Step(rule.psi, BAD)),
            ),
            Series(name="jensen_shannon", label="Jensen-Shannon", unit="ratio", decimals=3),
        ),
        empty=_NO_REFERENCE,
        queries=table(f"""{_DRIFT}
            SELECT
                feature,
                sum((floored.watched - floored.trained) * ln(floored.watched / floored.trained))
                    AS psi,
                sum(
                    CASE WHEN share.trained > 0
                        THEN share.trained * ln(share.trained / middle) ELSE 0 END
                    + CASE WHEN share.watched > 0
                        THEN share.watched * ln(share.watched / middle) ELSE 0 END
                ) / 2 / ln(2::float8) AS jensen_shannon
            FROM share
            CROSS JOIN LATERAL (
                SELECT
                    greatest(share.trained, 0.0001) AS trained,
                    greatest(share.watched, 0.0001) AS watched,
                    (share.trained + share.watched) / 2 AS middle
            ) AS floored
            WHERE share.trained IS NOT NULL AND share.watched IS NOT NULL
            GROUP BY 1
            ORDER BY 1
        """),
    )


def _genres() -> Panel:
    return Panel(
        title="Genres, trained and watched",
        description="The share of each genre in the training data and in what was watched in the "
        "period. The genres that moved say what to look for: a season, a campaign, a catalogue "
        "that was changed.",
        kind="bar chart",
        unit="share",
        width=8,
        minimum=0,
        labels="genre",
        series=(Series(name="trained", colour=GREY), Series(name="watched", colour=BLUE)),
        empty=_NO_REFERENCE,
        queries=table(f"""{_DRIFT}
            SELECT bin AS genre, trained, watched
            FROM share
            WHERE feature = 'genre'
            ORDER BY trained DESC, bin
        """),
    )


def _popularity() -> Panel:
    return Panel(
        title="Popularity, trained and watched",
        description="The movies in tenths of the training events, the most popular first: each "
        "had a tenth then. More in the last ones and in movies that were not in train: taste or "
        "catalogue has moved on, and the model does not know it.",
        kind="bar chart",
        unit="share",
        width=8,
        minimum=0,
        labels="movies",
        series=(Series(name="trained", colour=GREY), Series(name="watched", colour=BLUE)),
        empty=_NO_REFERENCE,
        queries=table(f"""{_DRIFT}
            SELECT bin AS movies, trained, watched
            FROM share
            WHERE feature = 'popularity'
            ORDER BY nullif(regexp_replace(bin, '[^0-9]', '', 'g'), '')::integer NULLS LAST
        """),
    )
