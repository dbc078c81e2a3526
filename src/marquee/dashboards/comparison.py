"""Rates of two variants beside each other."""

from marquee.dashboards.model import Query, Series
from marquee.dashboards.palette import BAD, GOOD, GREY
from marquee.dashboards.queries import table
from marquee.dashboards.variables import VERSIONS

BOTH = "variant IN (${control:sqlstring}, ${treatment:sqlstring})"
ARMS = f"{BOTH} AND {VERSIONS}"
TREATED = "variant = ${treatment:sqlstring}"

COMPARED = (
    *(
        Series(name=name, unit="share", decimals=2)
        for name in ("treatment", "control", "difference", "low", "high")
    ),
    Series(name="verdict", states=(("better", GOOD), ("worse", BAD), ("undecided", GREY))),
)


def compared(
    sums: str, *, source: str, rates: tuple[tuple[str, str, str], ...]
) -> tuple[Query, ...]:
    """Return the query of a table of rates: their names, and what is divided by what."""
    values = ", ".join(
        f"({place}, '{name}', {part}::float8, {whole}::float8)"
        for place, (name, part, whole) in enumerate(rates)
    )
    return table(f"""
            WITH arm AS (
            {sums}
                FROM {source}
                WHERE {ARMS}
                GROUP BY variant
            ),
            counted AS (
                SELECT {TREATED} AS treated, rate.place, rate.name, rate.k, rate.n
                FROM arm
                CROSS JOIN LATERAL (VALUES {values}) AS rate (place, name, k, n)
            )
            SELECT
                arm.name AS rate,
                arm.k / nullif(arm.n, 0) AS treatment,
                base.k / nullif(base.n, 0) AS control,
                arm.k / nullif(arm.n, 0) - base.k / nullif(base.n, 0) AS difference,
                low,
                high,
                CASE WHEN low > 0 THEN 'better' WHEN high < 0 THEN 'worse'
                    ELSE 'undecided' END AS verdict
            FROM counted AS arm
            INNER JOIN counted AS base ON base.place = arm.place AND arm.treated > base.treated
            CROSS JOIN LATERAL (
                SELECT
                    report.difference_low(arm.k, arm.n, base.k, base.n),
                    report.difference_high(arm.k, arm.n, base.k, base.n)
            ) AS interval (low, high)
            ORDER BY arm.place
    """)
