"""What users choose, and the parts of SQL that heed it."""

from dataclasses import replace

from marquee.dashboards.model import Variable

# An hour that has begun before the period may be in it.
SERVED = (
    "FROM report.served_1h "
    "WHERE bucket > $__timeFrom()::timestamptz - INTERVAL '1 hour' AND bucket < $__timeTo()"
)
_CONTROLS_FIRST = "GROUP BY 1 ORDER BY variant IN ('control', 'popularity')"

VARIANT = Variable(
    name="variant",
    label="Variant",
    description="The arms of the experiment, or the servers of a log that names none.",
    sql=f"SELECT DISTINCT variant {SERVED} ORDER BY 1",
    many=True,
)
MODEL_VERSION = Variable(
    name="model_version",
    label="Model version",
    description="What answered.",
    sql=f"SELECT DISTINCT model_version {SERVED} ORDER BY 1",
    many=True,
)
WINDOW = Variable(
    name="window",
    label="Window",
    description="How much time each point of a curve sums up; days are those of UTC.",
    options=("1m", "5m", "15m", "1h", "6h", "1d"),
    default="15m",
)
CONTROL = Variable(
    name="control",
    label="Control",
    description="What the treatment is compared with.",
    sql=f"SELECT variant {SERVED} {_CONTROLS_FIRST} DESC, variant",
)
TREATMENT = Variable(
    name="treatment",
    label="Treatment",
    description="The variant that is judged.",
    sql=f"SELECT variant {SERVED} {_CONTROLS_FIRST}, variant DESC",
)
HOUR = replace(WINDOW, default="1h")
"""The window where a point needs many answers."""
COMMON = (VARIANT, MODEL_VERSION, WINDOW)
BY_THE_HOUR = (VARIANT, MODEL_VERSION, HOUR)

# Arrays, as they may be empty where IN () may not.
VARIANTS = "variant = ANY (ARRAY[${variant:sqlstring}]::text[])"
VERSIONS = "model_version = ANY (ARRAY[${model_version:sqlstring}]::text[])"
SELECTED = f"{VARIANTS} AND {VERSIONS}"
PERIOD = "$__timeFrom(), $__timeTo()"
POINTS = "$__timeFrom(), $__timeTo(), '${window}'"
