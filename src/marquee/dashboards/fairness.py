"""Who is shown what, and whom recommendations serve."""

from marquee.dashboards.model import Dashboard, Panel, Row, Series
from marquee.dashboards.palette import BAD, BLUE, GOOD, PURPLE, SKY, WARNING
from marquee.dashboards.queries import table
from marquee.dashboards.variables import COMMON, PERIOD, SELECTED, VERSIONS

_TOLD = (
    "The stream tells no age or gender: gaps between such groups are measured before a model goes "
    "into service, and stand below."
)


def fairness() -> Dashboard:
    """Describe the page on exposure and on groups of users."""
    return Dashboard(
        name="fairness",
        title="Marquee: fairness and exposure",
        description=f"How exposure is spread over movies, and hits over users. {_TOLD}",
        variables=COMMON,
        rows=(
            Row("Exposure of movies", (_concentration(), _lorenz(), _tenths(), _most_shown())),
            Row("Users", (_by_activity(), _by_personalisation(), _personalised())),
            Row("Measured before service", (_verdicts(),)),
        ),
    )


# Movies that were never shown count too where the training data says that they are there.
_SHOWN = f"""
            WITH shown AS (
                SELECT variant, movie_id, sum(shown)::float8 AS n
                FROM report.exposure({PERIOD})
                WHERE {SELECTED}
                GROUP BY 1, 2
            ),
            known AS (
                SELECT max(movies) AS movies FROM report.catalogue WHERE {VERSIONS}
            ),
            ranked AS (
                SELECT
                    variant,
                    n,
                    count(*) OVER arm AS shown_movies,
                    greatest(known.movies, count(*) OVER arm) AS movies,
                    sum(n) OVER arm AS total,
                    row_number() OVER (PARTITION BY variant ORDER BY n DESC, movie_id) AS place
                FROM shown
                CROSS JOIN known
                WINDOW arm AS (PARTITION BY variant)
            )
"""


def _concentration() -> Panel:
    return Panel(
        title="Spread of exposure",
        description="Different movies shown by each variant; coverage, their share of the movies "
        "that a chosen model was trained on (NULL: not told); the Gini index of exposure over all "
        "of these, or over those shown where they are not told (0 all alike, 1 one has all); and "
        "the share of exposure that the most shown fifth has. A variant that covers little and "
        "has a high Gini starves most movies: weigh popularity less, or explore. Of long periods "
        "a sample of 10,000 answers is counted.",
        kind="table",
        unit="text",
        series=(
            Series(name="movies_shown", label="movies shown", unit="count"),
            Series(name="coverage", unit="share", decimals=1),
            Series(name="gini", label="Gini", unit="ratio", decimals=3),
            Series(name="head", label="most shown fifth", unit="share", decimals=1),
        ),
        queries=table(f"""{_SHOWN}
            SELECT
                variant,
                min(shown_movies) AS movies_shown,
                min(shown_movies) / (SELECT movies FROM known)::float8 AS coverage,
                sum((movies + 1 - 2 * place) * n) / (min(movies) * min(total)) AS gini,
                coalesce(sum(n) FILTER (WHERE place <= ceil(0.2 * movies)), 0) / min(total) AS head
            FROM ranked
            GROUP BY variant
            ORDER BY variant
        """),
    )


def _lorenz() -> Panel:
    return Panel(
        title="Exposure by tenth of the movies",
        description="The share of exposure of each tenth of the movies, the most shown first "
        "and each variant ranked for itself; all movies alike would have 10 %. The tenths from the "
        "third on are the long tail: empty bars there are movies that nobody is shown.",
        kind="bar chart",
        unit="share",
        minimum=0,
        labels="tenth",
        axis="share of what is shown",
        across="tenth of the movies, the most shown first",
        series=(Series(name="exposure", colour=BLUE),),
        queries=table(f"""{_SHOWN}
            SELECT
                part::text AS tenth,
                coalesce(sum(n), 0) / every.shown AS exposure
            FROM generate_series(1, 10) AS part
            INNER JOIN (SELECT sum(n) AS shown FROM ranked) AS every ON shown > 0
            LEFT JOIN ranked ON ceil(10 * place / movies::float8) = part
            GROUP BY part, every.shown
            ORDER BY part
        """),
    )


def _tenths() -> Panel:
    return Panel(
        title="Exposure by popularity in training",
        description="The movies in tenths of the training events, the most popular first: a model "
        "that shows movies as often as people chose them has 10 % in each. More in the first "
        "tenths is popularity bias, which feeds itself: what is shown gets watched.",
        kind="bar chart",
        unit="share",
        decimals=1,
        minimum=0,
        labels="popularity",
        series=(Series(name="exposure", colour=PURPLE),),
        empty="no chosen model has told what it was trained on",
        queries=table(f"""
            SELECT popularity, sum(shown) / (sum(sum(shown)) OVER ())::float8 AS exposure
            FROM report.exposure({PERIOD})
            WHERE popularity IS NOT NULL AND {SELECTED}
            GROUP BY 1
            ORDER BY nullif(regexp_replace(popularity, '[^0-9]', '', 'g'), '')::integer NULLS LAST
        """),
    )


def _most_shown() -> Panel:
    return Panel(
        title="Most shown movies",
        description="The ten movies that were shown most, with their share of all that was shown. "
        "One far ahead of the others is a model that has collapsed, or a campaign.",
        kind="bar gauge",
        unit="share",
        decimals=2,
        labels="movie_id",
        series=(Series(name="exposure", colour=SKY),),
        queries=table(f"""
            SELECT movie_id, sum(shown) / (sum(sum(shown)) OVER ())::float8 AS exposure
            FROM report.exposure({PERIOD})
            WHERE {SELECTED}
            GROUP BY 1
            ORDER BY 2 DESC, 1
            LIMIT 10
        """),
    )


_GROUPS = (
    Series(name="answers", unit="count"),
    Series(name="hit_rate", label="hit-rate", unit="share", decimals=1),
    Series(name="low", unit="share", decimals=1),
    Series(name="high", unit="share", decimals=1),
)
_RATE = """
                sum(answered)::bigint AS answers,
                (sum(hits) / sum(answered))::float8 AS hit_rate,
                report.wilson_low(sum(hits)::float8, sum(answered)::float8) AS low,
                report.wilson_high(sum(hits)::float8, sum(answered)::float8) AS high"""


def _by_activity() -> Panel:
    return Panel(
        title="Hit-rate by users' activity",
        description="Mature answers by how many movies their users had watched or rated in the "
        "seven days before, with 95 % intervals. Active users watch more, so some gap is theirs "
        "and not the model's: what counts is a gap that one variant has and the other has not, or "
        "that grows after a deploy. Users with 0 are newcomers, or have come back.",
        kind="table",
        unit="text",
        series=(Series(name="movies_before", label="movies before"), *_GROUPS),
        empty="no answer is mature yet",
        queries=table(f"""
            SELECT
                activity AS movies_before,
                variant,{_RATE}
            FROM report.activity({PERIOD})
            WHERE {SELECTED}
            GROUP BY 1, 2
            ORDER BY split_part(activity, ' ', 1)::integer, variant
        """),
    )


def _by_personalisation() -> Panel:
    return Panel(
        title="Hit-rate, personalised or not",
        description="Mature answers that were made for their user, and those that were not, with "
        "95 % intervals: of a model that knows no users (popularity), or from the fallback for "
        "those whom a model does not know. Unknown: the log does not say. One variant's answers "
        "that are not personalised far below its others: the fallback deserves work.",
        kind="table",
        unit="text",
        series=_GROUPS,
        empty="no answer is mature yet",
        queries=table(f"""
            SELECT
                CASE personalised WHEN true THEN 'personalised' WHEN false THEN 'not personalised'
                    ELSE 'unknown' END AS answer,
                variant,{_RATE}
            FROM report.activity({PERIOD})
            WHERE {SELECTED}
            GROUP BY 1, 2
            ORDER BY 1, 2
        """),
    )


def _personalised() -> Panel:
    return Panel(
        title="Share of personalised answers",
        description="Of the answers that say so, the share made for their user. It falls as "
        "newcomers arrive whom the model has not met: the older the model, the more. Falling "
        "fast: train anew. 0 is right for a model that knows no users (popularity).",
        kind="bar gauge",
        unit="share",
        decimals=1,
        width=24,
        height=6,
        minimum=0,
        maximum=1,
        labels="variant",
        series=(Series(name="personalised", colour=BLUE),),
        empty="the log does not say whether answers are personalised",
        queries=table(f"""
            SELECT
                variant,
                coalesce(sum(answered) FILTER (WHERE personalised), 0)::float8
                / sum(answered)::float8 AS personalised
            FROM report.activity({PERIOD})
            WHERE personalised IS NOT NULL AND {SELECTED}
            GROUP BY 1
            ORDER BY 1
        """),
    )


def _verdicts() -> Panel:
    return Panel(
        title="Gaps between groups, by requirement",
        description="How each model was judged before it went into service: the gap of each "
        "fairness requirement with its interval, and the bound that it must not pass. Fail: the "
        "model should not be in service; inconclusive: too few users to tell. See the model card.",
        kind="table",
        unit="text",
        width=24,
        series=(
            Series(name="model_version", label="model version"),
            Series(
                name="verdict",
                states=(("pass", GOOD), ("inconclusive", WARNING), ("fail", BAD)),
            ),
            *(
                Series(name=name, unit="ratio", decimals=4)
                for name in ("gap", "low", "high", "bound")
            ),
        ),
        empty="no chosen model has told how it was judged",
        queries=table(f"""
            SELECT
                model_version, name AS requirement, verdict, value AS gap, low, high, bound
            FROM report.model_verdict
            WHERE kind = 'fairness' AND {VERSIONS}
            ORDER BY 1, 2
        """),
    )
