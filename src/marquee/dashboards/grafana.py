"""Dashboards as Grafana reads them from files: 9.4 and later.

No id and no version, as Grafana gives these; no ``__inputs``, as files are not imported by hand.
"""

from collections.abc import Sequence
from typing import Any

from marquee.dashboards.model import Dashboard, Panel, Placed, Query, Variable, place
from marquee.dashboards.palette import PURPLE
from marquee.dashboards.shapes import field_config, grafana_type, options

DATASOURCE = {"type": "grafana-postgresql-datasource", "uid": "marquee-telemetry"}
TAG = "marquee"
DEPLOYS = (
    "SELECT deployed_at AS time, variant || ': ' || model_version AS text, "
    "'deploy,' || variant AS tags FROM report.model_deploy WHERE $__timeFilter(deployed_at)"
)

# That of 9.4: it reads no later one, and later ones carry it over by themselves.
_SCHEMA_VERSION = 37

Json = dict[str, Any]


def to_grafana(dashboard: Dashboard) -> Json:
    """Return a dashboard's JSON model."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": [TAG],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "",
        "links": [_links()],
        "annotations": {"list": [_deploys()]},
        "templating": {"list": [_variable(variable) for variable in dashboard.variables]},
        "panels": [_placed(placed) for placed in place(dashboard)],
    }


def _links() -> Json:
    return {
        "type": "dashboards",
        "title": "Marquee",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "The other dashboards, at the same time and with the same variables.",
        "url": "",
    }


def _deploys() -> Json:
    return {
        "name": "Deploys",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": PURPLE,
        "target": _target(Query(sql=DEPLOYS, ref_id="Deploys")),
    }


def _target(query: Query) -> Json:
    return {
        "refId": query.ref_id,
        "datasource": DATASOURCE,
        "editorMode": "code",
        "rawQuery": True,
        "rawSql": query.sql,
        "format": query.format,
    }


def _variable(variable: Variable) -> Json:
    common = {
        "name": variable.name,
        "label": variable.label,
        "description": variable.description,
        "hide": 0,
        "multi": variable.many,
        "includeAll": variable.many,
        "skipUrlSync": False,
    }
    return common | (_asked(variable) if variable.sql else _listed(variable))


def _asked(variable: Variable) -> Json:
    everything = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return {
        "type": "query",
        "datasource": DATASOURCE,
        "query": variable.sql,
        "definition": variable.sql,
        "refresh": 2,  # whenever the period changes
        "regex": "",
        "sort": 0,
        "options": [],
        "current": everything if variable.many else {},
    }


def _listed(variable: Variable) -> Json:
    options = [_option(value, variable.default) for value in variable.options]
    return {
        "type": "custom",
        "query": ",".join(variable.options),
        "options": options,
        "current": next(option for option in options if option["selected"]),
    }


def _option(value: str, default: str | None) -> dict[str, Any]:
    return {"text": value, "value": value, "selected": value == default}


def _placed(placed: Placed) -> Json:
    grid = {"x": placed.x, "y": placed.y, "w": placed.width, "h": placed.height}
    common = {"id": placed.id, "gridPos": grid, "title": placed.item.title}
    if isinstance(placed.item, Panel):
        return common | _panel(placed.item)
    return common | {"type": "row", "collapsed": False, "panels": []}


def _panel(panel: Panel) -> Json:
    return {
        "type": grafana_type(panel.kind),
        "description": panel.description,
        "datasource": DATASOURCE,
        "targets": [_target(query) for query in panel.queries],
        "fieldConfig": field_config(panel),
        "options": options(panel),
        "links": _lead(panel),
    }


def _lead(panel: Panel) -> Sequence[Json]:
    if panel.leads_to is None:
        return []
    url = f"/d/{TAG}-{panel.leads_to}?${{__url_time_range}}&${{__all_variables}}"
    return [{"title": f"More on {panel.leads_to.replace('-', ' ')}", "url": url}]
