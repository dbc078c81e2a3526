"""A rule of Grafana's as plain data, and the provisioning file of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from marquee.telemetry.thresholds import Severity

DATASOURCE_UID = "marquee-telemetry"
EVERY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaRule:
    """A query of one number, and the value above which it is bad for ``lasting_s`` on end."""

    name: str
    """The page in docs/runbooks; with ``suffix`` the uid."""
    suffix: str = ""
    title: str
    summary: str
    severity: Severity
    sql: str
    above: float
    lasting_s: int
    span_s: int
    """How far back the query may look."""
    on_no_data: Literal["OK", "Alerting"] = "OK"
    on_error: Literal["OK", "Alerting"] = "OK"
    because: str = "every query gives a row: without one, and on an error, `silence` tells"
    """Why it does so without data, and on an error."""

    @property
    def uid(self) -> str:
        """What Grafana knows the rule by, whatever its title."""
        return f"marquee-{self.name}{self.suffix}"

    def as_data(self) -> dict[str, Any]:
        """Return the rule as Grafana provisions it, versions 9.4 and later."""
        return {
            "uid": self.uid,
            "title": self.title,
            "condition": "B",
            "data": [_query(self.sql, self.span_s), _condition(self.above, self.span_s)],
            "for": f"{self.lasting_s}s",
            "noDataState": self.on_no_data,
            "execErrState": self.on_error,
            # Every version of Grafana fills in the environment's variables in labels, and takes any
            # dollar there for one; in annotations only the newest do.
            "annotations": {"summary": self.summary, "description": "Found: {{ .Value }}"},
            "labels": {
                "severity": self.severity,
                "system": "marquee",
                "runbook": f"${{MARQUEE_RUNBOOKS}}/{self.name}.md",
            },
        }


def _query(sql: str, span_s: int) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": span_s, "to": 0},
        "datasourceUid": DATASOURCE_UID,
        "model": {
            "refId": "A",
            "datasource": {"type": "grafana-postgresql-datasource", "uid": DATASOURCE_UID},
            "editorMode": "code",
            "rawQuery": True,
            "format": "table",
            "rawSql": sql,
        },
    }


def _condition(above: float, span_s: int) -> dict[str, Any]:
    return {
        "refId": "B",
        "relativeTimeRange": {"from": span_s, "to": 0},
        "datasourceUid": "__expr__",
        "model": {
            "refId": "B",
            "datasource": {"type": "__expr__", "uid": "__expr__"},
            "type": "math",
            "expression": f"$A > {above:g}",
        },
    }


def group(rules: Sequence[GrafanaRule]) -> Mapping[str, Any]:
    """Return the provisioning file of the rules: one group, judged every minute."""
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": "marquee",
                "folder": "Marquee",
                "interval": f"{EVERY_S}s",
                "rules": [rule.as_data() for rule in rules],
            }
        ],
    }
