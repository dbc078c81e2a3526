"""Whether people still watch what the model was trained on."""

from marquee.dashboards.model import Panel, Series, Step
from marquee.dashboards.palette import BAD, BLUE, GOOD, GREY, WARNING
from marquee.dashboards.queries import table
from marquee.dashboards.variables import VERSIONS
from marquee.telemetry.thresholds import Thresholds

_UNKNOWN = "not in train"
NO_REFERENCE = "no chosen model has told what it was trained on"


def drift(thresholds: Thresholds) -> tuple[Panel, ...]:
    """Describe how far what is watched is from the training data."""
    return _stability(thresholds), _genres(), _popularity()


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
            counted AS (
                SELECT
                    feature,
                    bin,
                    coalesce(trained.events, 0)::float8 AS trained,
                    coalesce(seen.events, 0)::float8 AS watched
                FROM (
                    SELECT feature, bin, events
                    FROM report.reference_distribution
                    INNER JOIN model USING (model_version)
                ) AS trained
                FULL JOIN seen USING (feature, bin)
            )
"""


def _stability(thresholds: Thresholds) -> Panel:
    rule = thresholds.drift
    return Panel(
        title="Drift from the training data",
        description="How far what was watched in the period is from what the newest chosen model "
        "was trained on: the population stability index, by genre and by popularity (up to "
        f"{rule.psi_clear:g} stable, from {rule.psi:g} on train anew), and the Jensen-Shannon "
        "divergence in bits (0 alike, 1 nothing in common), both among movies that the model "
        f"knows; and the share of what was watched that it does not know. Alerts judge "
        f"{rule.hours} hours; a shorter period is less sure. Each user counts once for a movie; of "
        "much traffic every 32nd user is asked.",
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
            Series(
                name="unknown",
                unit="share",
                decimals=1,
                steps=(
                    Step(None, GOOD),
                    Step(rule.unknown_share / 2, WARNING),
                    Step(rule.unknown_share, BAD),
                ),
            ),
        ),
        empty=NO_REFERENCE,
        queries=table(f"""{_DRIFT},
            share AS (
                SELECT
                    feature,
                    trained / nullif(sum(trained) OVER part, 0) AS trained,
                    watched / nullif(sum(watched) OVER part, 0) AS watched
                FROM counted
                WHERE bin <> '{_UNKNOWN}'
                WINDOW part AS (PARTITION BY feature)
            )
            SELECT
                feature,
                sum((floored.watched - floored.trained) * ln(floored.watched / floored.trained))
                    AS psi,
                sum(
                    CASE WHEN share.trained > 0
                        THEN share.trained * ln(share.trained / middle) ELSE 0 END
                    + CASE WHEN share.watched > 0
                        THEN share.watched * ln(share.watched / middle) ELSE 0 END
                ) / 2 / ln(2::float8) AS jensen_shannon,
                (
                    SELECT sum(watched) FILTER (WHERE bin = '{_UNKNOWN}') / nullif(sum(watched), 0)
                    FROM counted
                    WHERE counted.feature = share.feature
                ) AS unknown
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
    return _shares(
        "genre",
        of="genre",
        order="trained DESC, bin",
        width=16,
        title="Genres, trained and watched",
        description="The share of each genre in the training data and in what was watched in the "
        "period. The genres that moved say what to look for: a season, a campaign, a catalogue "
        "that was changed.",
    )


def _popularity() -> Panel:
    return _shares(
        "movies",
        of="popularity",
        order="nullif(regexp_replace(bin, '[^0-9]', '', 'g'), '')::integer NULLS LAST",
        width=24,
        title="Popularity, trained and watched",
        description="The movies in tenths of the training events, the most popular first: each "
        "had a tenth then. More in the last ones and in movies that were not in train: taste or "
        "catalogue has moved on, and the model does not know it.",
    )


def _shares(label: str, *, of: str, order: str, width: int, title: str, description: str) -> Panel:
    return Panel(
        title=title,
        description=description,
        kind="bar chart",
        unit="share",
        decimals=1,
        width=width,
        minimum=0,
        labels=label,
        series=(Series(name="trained", colour=GREY), Series(name="watched", colour=BLUE)),
        empty=NO_REFERENCE,
        queries=table(f"""{_DRIFT}
            SELECT
                bin AS {label},
                trained / nullif(sum(trained) OVER (), 0) AS trained,
                watched / nullif(sum(watched) OVER (), 0) AS watched
            FROM counted
            WHERE feature = '{of}'
            ORDER BY {order}
        """),
    )
