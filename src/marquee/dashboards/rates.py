"""Figures of online quality, as SQL over summed cohorts (``report.cohort_points``)."""

_EXPOSURE = "CASE WHEN count(exposure) = count(*) THEN sum(exposure) END"
_OF_EXPOSURE = (
    f"sum(exposed_hits)::float8, {_EXPOSURE}, sum(exposure_squared) - sum(exposure_error) ^ 2"
)
CORRECTED_RATE = f"least(1, sum(exposed_hits) / nullif({_EXPOSURE}, 0))"
CORRECTED_LOW = f"report.score_low({_OF_EXPOSURE})"
CORRECTED_HIGH = f"report.score_high({_OF_EXPOSURE})"
CORRECTED = f"{CORRECTED_RATE} AS corrected, {CORRECTED_LOW} AS low, {CORRECTED_HIGH} AS high"

SO_FAR = "(sum(hits) / nullif(sum(answered), 0))::float8"


def mature(figure: str, whole: str = "answered") -> str:
    """Return a sum over mature cohorts alone, divided by another; NULL where there is none."""
    return (
        f"(coalesce(sum({figure}) FILTER (WHERE mature), 0) "
        f"/ nullif(sum({whole}) FILTER (WHERE mature), 0))::float8"
    )


def mature_ends(figure: str, whole: str = "answered") -> tuple[str, str]:
    """Return the ends of the 95 % interval of such a rate."""
    counts = (
        f"coalesce(sum({figure}) FILTER (WHERE mature), 0)::float8, "
        f"sum({whole}) FILTER (WHERE mature)::float8"
    )
    return f"report.wilson_low({counts})", f"report.wilson_high({counts})"
