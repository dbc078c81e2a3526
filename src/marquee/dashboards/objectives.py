"""What is promised, as SQL over ``report.latency`` and ``report.latency_points``."""

from marquee.dashboards.model import Step
from marquee.dashboards.palette import BAD, GOOD

# Counts are bigint, sums of them numeric: panels want a number that is not exact.
ANSWERED_SHARE = (
    "(coalesce(sum(requests) FILTER (WHERE status = 200), 0) / nullif(sum(requests), 0))::float8"
)


def fast_share(ms: int) -> str:
    """Return the share of the answers that came within so many milliseconds."""
    return (
        "(coalesce(sum(requests) FILTER ("
        f"WHERE status = 200 AND report.latency_ms(latency_bucket) <= {ms}), 0) "
        "/ nullif(sum(requests) FILTER (WHERE status = 200), 0))::float8"
    )


def budget_left(share: str, promise: float) -> str:
    """Return what is left of the failures allowed: 1 where there were none, below 0 beyond."""
    return f"1 - (1 - {share}) / {1 - promise:.6g}"


def in_percent(share: float) -> str:
    """Spell a share with all of its digits."""
    return f"{100 * share:.6g} %"


def promised(share: float) -> tuple[Step, ...]:
    """Return the colours of a share that is promised to be at least so high."""
    return Step(None, BAD), Step(share, GOOD)
