"""Whether the database keeps up with the stream, and what it takes."""

from marquee.dashboards.model import Dashboard, Panel, Row, Series, Step
from marquee.dashboards.palette import BAD, BLUE, GOOD, ORANGE, SKY, WARNING
from marquee.dashboards.queries import curves, table
from marquee.dashboards.variables import COMMON, POINTS
from marquee.telemetry.thresholds import Thresholds


def pipeline(thresholds: Thresholds) -> Dashboard:
    """Describe the page on the writer, the aggregates and the jobs."""
    return Dashboard(
        name="pipeline",
        title="Marquee: pipeline",
        description="How far the stream has been applied, how fast, and whether upkeep runs.",
        variables=COMMON,
        rows=(
            Row("Now", (_lag(), _ages(thresholds), _upkeep(thresholds))),
            Row("The stream", (_partitions(), _behind(), _seconds(), _lines())),
            Row("The database", (_aggregates(), _jobs(), _sizes())),
        ),
    )


def _lag() -> Panel:
    return Panel(
        title="Lag, in lines",
        description="Lines that the broker held and the database did not, when the writer last "
        "looked. A few while traffic flows; if it only grows, see whether the writer runs (its "
        "/healthz), how long its transactions take below, and whether one partition is behind.",
        kind="stat",
        empty="the writer has committed nothing yet",
        unit="count",
        decimals=0,
        width=8,
        height=6,
        queries=table("SELECT lag_lines FROM report.watermark"),
    )


def _ages(thresholds: Thresholds) -> Panel:
    age = thresholds.stream.lag_s
    return Panel(
        title="Behind",
        description="Behind: how old the newest event is up to which all has been applied (the "
        f"watermark), while the broker holds more; from {age} s on an alert is raised. Commit: how "
        "long ago the writer last committed. Old commits with nothing to apply: nobody sends.",
        kind="stat",
        empty="the writer has committed nothing yet",
        unit="s",
        decimals=0,
        width=8,
        height=6,
        steps=(Step(None, GOOD), Step(age / 2, WARNING), Step(age, BAD)),
        queries=table("""
            SELECT
                CASE
                    WHEN lag_lines = 0 THEN 0
                    ELSE extract(EPOCH FROM now() - watermark)
                END::float8 AS behind,
                extract(EPOCH FROM now() - updated_at)::float8 AS commit
            FROM report.watermark
        """),
    )


def _upkeep(thresholds: Thresholds) -> Panel:
    age = thresholds.stream.upkeep_age_s
    return Panel(
        title="Since the last upkeep",
        description="How long ago all aggregates were brought up to date. From "
        f"{age} s on an alert is raised: on TimescaleDB see the failed jobs below, on plain "
        "PostgreSQL whether `marquee telemetry maintain` is run every minute. Figures stay right "
        "meanwhile, but get slower to read.",
        kind="stat",
        empty="no upkeep has run yet",
        unit="s",
        decimals=0,
        width=8,
        height=6,
        steps=(Step(None, GOOD), Step(age / 2, WARNING), Step(age, BAD)),
        queries=table("""
            SELECT extract(EPOCH FROM now() - kept_until)::float8 AS upkeep FROM report.upkeep
        """),
    )


def _partitions() -> Panel:
    return Panel(
        title="Partitions",
        description="Each partition of the topic: the next offset to apply, the lag, the newest "
        "event, and the last commit. One that lags alone: its key has too much of the traffic, or "
        "a record in it takes long.",
        kind="table",
        unit="text",
        width=24,
        height=6,
        series=(
            Series(name="next_offset", label="next offset", unit="ratio", decimals=0),
            Series(name="lag_lines", label="lag", unit="count"),
            Series(name="max_event_at", label="newest event", unit="time"),
            Series(name="updated_at", label="last commit", unit="time"),
            Series(name="lines", unit="count"),
            Series(name="quarantined", unit="count"),
        ),
        queries=table("""
            SELECT
                topic, partition::text AS partition, next_offset, lag_lines, max_event_at,
                updated_at, lines, quarantined
            FROM report.stream
            ORDER BY topic, stream.partition
        """),
    )


def _behind() -> Panel:
    return Panel(
        title="Events to database",
        description="How old the newest event of a transaction was when it was committed, at "
        "most, by partition: what a user sees on these pages is so much behind life. It grows "
        "steadily while the writer is slower than the stream: give it a second partition and a "
        "second process, or larger batches (MARQUEE_BATCH_MAX).",
        kind="time series",
        width=8,
        unit="s",
        minimum=0,
        queries=curves(
            f"""
            SELECT at AS time, topic || ' ' || partition AS partition, behind_s AS value
            FROM report.freshness({POINTS})
            """,
            "value",
            by="partition",
        ),
    )


def _seconds() -> Panel:
    return Panel(
        title="Time of a transaction",
        description="How long transactions took, on average and the slowest. Rising with the size "
        "of the tables: upkeep or vacuum does not run; sudden peaks: another session holds locks.",
        kind="time series",
        width=8,
        unit="s",
        minimum=0,
        series=(Series(name="mean", colour=SKY), Series(name="slowest", colour=ORANGE)),
        queries=curves(
            f"""
            SELECT time, mean, slowest
            FROM (
                SELECT
                    date_bin('${{window}}', bucket, TIMESTAMPTZ 'epoch') AS time,
                    (sum(seconds) / nullif(sum(batches), 0))::float8 AS mean
                FROM report.data_quality_1m
                WHERE $__timeFilter(bucket)
                GROUP BY 1
            ) AS average
            LEFT JOIN (
                SELECT at AS time, max(slowest_s) AS slowest
                FROM report.freshness({POINTS})
                GROUP BY 1
            ) AS extreme USING (time)
            """,
            "mean",
            "slowest",
        ),
    )


def _lines() -> Panel:
    return Panel(
        title="Lines of a transaction",
        description="How many lines a transaction holds on average. Near MARQUEE_BATCH_MAX the "
        "writer catches up; 1 or 2 at high traffic: MARQUEE_BATCH_SECONDS is too short.",
        kind="time series",
        width=8,
        unit="count",
        axis="lines in a transaction",
        minimum=0,
        series=(Series(name="lines", colour=BLUE),),
        queries=curves(
            """
            SELECT
                date_bin('${window}', bucket, TIMESTAMPTZ 'epoch') AS time,
                (sum(lines) / nullif(sum(batches), 0))::float8 AS lines
            FROM report.data_quality_1m
            WHERE $__timeFilter(bucket)
            GROUP BY 1
            """,
            "lines",
        ),
    )


def _aggregates() -> Panel:
    return Panel(
        title="Aggregates",
        description="When each aggregate was last brought up to date, and how many of its buckets "
        "have changed since (plain PostgreSQL alone tells). Thousands that do not go away: upkeep "
        "fails or is too seldom.",
        kind="table",
        unit="text",
        series=(
            Series(name="kept_at", label="up to date", unit="time"),
            Series(name="stale_buckets", label="stale buckets", unit="count"),
        ),
        queries=table("SELECT name, kept_at, stale_buckets FROM report.aggregates() ORDER BY name"),
    )


def _jobs() -> Panel:
    return Panel(
        title="Jobs",
        description="What runs again and again: TimescaleDB's own jobs and Marquee's. A failed job "
        "is silent elsewhere; its runbook says how to see the error and run it by hand.",
        kind="table",
        unit="text",
        series=(
            Series(name="state", states=(("failed", BAD), ("never ran", WARNING), ("well", GOOD))),
            Series(name="succeeded_at", label="succeeded", unit="time"),
            Series(name="failed_at", label="failed", unit="time"),
        ),
        empty="no job has run yet",
        queries=table("""
            SELECT
                job::text AS job,
                CASE
                    WHEN failed_at > coalesce(succeeded_at, '-infinity') THEN 'failed'
                    WHEN succeeded_at IS NULL THEN 'never ran'
                    ELSE 'well'
                END AS state,
                succeeded_at,
                failed_at,
                error
            FROM report.job
            ORDER BY state, job
        """),
    )


def _sizes() -> Panel:
    return Panel(
        title="Sizes",
        description="What tables and aggregates take on disk, with indexes. Rows are kept for 90 "
        "days: a table that grows beyond is not being dropped; see the jobs. Plan the disk for "
        "twice the sum.",
        kind="bar gauge",
        unit="bytes",
        width=24,
        height=10,
        labels="name",
        series=(Series(name="bytes", colour=BLUE),),
        queries=table("""
            SELECT name, bytes
            FROM report.table_sizes()
            ORDER BY bytes DESC
        """),
    )
