"""Each kind of panel in Grafana's words: its type, its options, how its fields are drawn."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marquee.dashboards.model import NO_ROWS, Kind, Panel, Series, Step, Unit
from marquee.dashboards.palette import BLUE, GREY

Json = Mapping[str, Any]

_TYPES: Mapping[Kind, str] = {
    "time series": "timeseries",
    "stat": "stat",
    "table": "table",
    "bar gauge": "bargauge",
    "bar chart": "barchart",
    "heat map": "heatmap",
}
_UNITS: Mapping[Unit, str] = {
    "count": "short",
    "share": "percentunit",
    "ratio": "none",
    "per hour": "suffix:/h",
    "per second": "suffix:/s",
    "ms": "ms",
    "s": "s",
    "bytes": "bytes",
    "time": "dateTimeAsIso",
    "text": "none",
}
_LAST: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_LEGEND: Json = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
_TOOLTIP: Json = {"mode": "multi", "sort": "none"}


def grafana_type(kind: Kind) -> str:
    """Return the name of the plugin that draws such panels."""
    return _TYPES[kind]


def options(panel: Panel) -> Json:
    """Return what Grafana asks of a panel of this kind."""
    match panel.kind:
        case "time series":
            return {"legend": _LEGEND, "tooltip": _TOOLTIP}
        case "stat":
            return {
                "reduceOptions": _LAST,
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "textMode": "auto",
            }
        case "table":
            return {"showHeader": True}
        case "bar gauge":
            return {
                "reduceOptions": {**_LAST, "values": True},
                "displayMode": "basic",
                "orientation": "horizontal",
                "showUnfilled": True,
            }
        case "bar chart":
            return {
                "xField": panel.labels,
                "orientation": "auto",
                "stacking": "none",
                "showValue": "never",
                "barWidth": 0.9,
                "groupWidth": 0.8,
                "xTickLabelRotation": 0,
                "xTickLabelSpacing": 100,
                "legend": _LEGEND,
                "tooltip": _TOOLTIP,
            }
        case "heat map":
            return {
                "calculate": False,
                "color": {"mode": "scheme", "scheme": "Cividis", "steps": 64, "reverse": False},
                "cellGap": 1,
                "filterValues": {"le": 0.5},
                "rowsFrame": {"layout": "auto"},
                "yAxis": {
                    "axisPlacement": "left",
                    "axisLabel": panel.axis or "",
                    "reverse": False,
                    "unit": "short",
                },
                "legend": {"show": True},
                # ``show`` is read up to 10.2, ``mode`` from 10.3 on.
                "tooltip": {"show": True, "mode": "single", "yHistogram": False},
                "showValue": "never",
                "exemplars": {"color": GREY},
            }


def field_config(panel: Panel) -> Json:
    """Return units, colours and thresholds: of all fields, and of those that differ."""
    return {
        "defaults": {
            "unit": _UNITS[panel.unit],
            "color": _colouring(panel),
            "thresholds": _thresholds(panel.steps or (Step(None, BLUE),)),
            "custom": _custom(panel),
            "noValue": panel.empty or NO_ROWS,
            **_given(decimals=panel.decimals, min=panel.minimum, max=panel.maximum),
        },
        "overrides": [
            *_cells_without_value(panel),
            *_across(panel),
            *[_override(series, panel) for series in panel.series],
        ],
    }


def _cells_without_value(panel: Panel) -> Iterator[Json]:
    """Keep what an empty panel means out of a table's empty cells."""
    if panel.kind != "stat":
        nothing = {"id": "noValue", "value": "–"}
        yield {"matcher": {"id": "byRegexp", "options": "/.*/"}, "properties": [nothing]}


def _across(panel: Panel) -> Iterator[Json]:
    """Name the axis across, which a bar chart takes from the field of its labels."""
    if panel.across:
        name = {"id": "custom.axisLabel", "value": panel.across}
        yield {"matcher": {"id": "byName", "options": panel.labels}, "properties": [name]}


def _colouring(panel: Panel) -> Json:
    if panel.kind in ("time series", "bar chart"):
        return {"mode": "palette-classic"}
    return {"mode": "thresholds"} if panel.steps else {"mode": "fixed", "fixedColor": BLUE}


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _thresholds(steps: Sequence[Step]) -> Json:
    return {
        "mode": "absolute",
        "steps": [{"value": step.at, "color": step.colour} for step in steps],
    }


def _custom(panel: Panel) -> Json:
    match panel.kind:
        case "time series":
            return {
                "drawStyle": "line",
                # A line on top of a stack would paint a layer of nothing as if it were all.
                "lineWidth": 0 if panel.stacked else 2,
                "fillOpacity": 80 if panel.stacked else 0,
                "showPoints": "auto",
                "pointSize": 4,
                "spanNulls": False,
                "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "dashed" if panel.steps else "off"},
                "axisLabel": panel.axis or "",
            }
        case "bar chart":
            return {"axisLabel": panel.axis or ""}
        case "table":
            # Read by 9.4; later versions turn it into cellOptions.
            return {"align": "auto", "displayMode": "auto", "filterable": True}
        case _:
            return {}


def _override(series: Series, panel: Panel) -> Json:
    return {
        "matcher": {"id": "byName", "options": series.name},
        "properties": [
            {"id": name, "value": value} for name, value in _properties(series, panel.kind)
        ],
    }


def _properties(series: Series, kind: Kind) -> Iterator[tuple[str, Any]]:
    if series.colour:
        yield "color", {"mode": "fixed", "fixedColor": series.colour}
    if series.label:
        yield "displayName", series.label
    if series.unit:
        yield "unit", _UNITS[series.unit]
    if series.decimals is not None:
        yield "decimals", series.decimals
    if kind == "table":
        yield from _cells(series)
    if series.dashed:
        yield "custom.lineStyle", {"fill": "dash", "dash": [8, 8]}
    if series.edge:
        yield "custom.lineWidth", 0
        yield "custom.showPoints", "never"
        yield "custom.hideFrom", {"legend": True, "tooltip": False, "viz": False}
    if series.filled_to:
        yield "custom.fillBelowTo", series.filled_to
        yield "custom.fillOpacity", 20


def _cells(series: Series) -> Iterator[tuple[str, Any]]:
    if series.steps:
        yield "thresholds", _thresholds(series.steps)
        yield "color", {"mode": "thresholds"}
    if series.states:
        texts = enumerate(series.states)
        states = {text: {"color": colour, "index": at} for at, (text, colour) in texts}
        yield "mappings", [{"type": "value", "options": states}]
    if series.steps or series.states:
        yield "custom.displayMode", "color-text"
