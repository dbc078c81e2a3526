"""A seeded platform lived through again: what is judged as of each moment, and when it fires."""

from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
from ruamel.yaml import YAML

from marquee.alerts.incidents import Incident, Timing, advance
from marquee.alerts.rules import RULES
from marquee.dashboards.macros import Period, expand
from marquee.telemetry.database import Connection
from marquee.telemetry.thresholds import load_thresholds

ROOT = Path(__file__).resolve().parents[3]
RULES_FILE = ROOT / "monitoring/grafana/provisioning/alerting/rules.yaml"
THRESHOLDS = load_thresholds()
MINUTE = timedelta(minutes=1)


def provisioned() -> dict[str, dict[str, Any]]:
    """The committed rules of Grafana, by uid without the project's name."""
    (group,) = YAML(typ="safe").load(RULES_FILE.read_text())["groups"]
    return {rule["uid"].removeprefix("marquee-"): rule for rule in group["rules"]}


def moments(begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while begin <= end:
        yield begin
        begin += step


class Life:
    """Rules of both kinds, judged at one moment after the other."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self._grafana = provisioned()
        self._ours = {rule.name: rule for rule in RULES}

    @property
    def names(self) -> set[str]:
        return self._grafana.keys() | self._ours.keys()

    @property
    def judged_here(self) -> Collection[str]:
        return self._ours.keys()

    def value(self, name: str, at: datetime) -> float:
        """What a rule's query gives, expanded as Grafana does, to the role that it reads as."""
        (query, _) = self._grafana[name]["data"]
        begin = at - timedelta(seconds=query["relativeTimeRange"]["from"])
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE marquee_reader")
            cursor.execute(expand(query["model"]["rawSql"], Period(begin, at), {}))
            ((value,),) = cursor.fetchall()
            assert isinstance(value, float)
            return value

    def first_firing(
        self, name: str, begin: datetime, end: datetime, step: timedelta
    ) -> datetime | None:
        """When a rule that is judged every ``step`` fires for the first time."""
        if name in self._grafana:
            return self._first_of_grafana(name, begin, end, step)
        return self._first_of_ours(name, begin, end, step)

    def _first_of_grafana(
        self, name: str, begin: datetime, end: datetime, step: timedelta
    ) -> datetime | None:
        rule, pending_since = self._grafana[name], None
        above = float(rule["data"][1]["model"]["expression"].removeprefix("$A > "))
        lasting = timedelta(seconds=int(rule["for"].removesuffix("s")))
        for at in moments(begin, end, step):
            bad = self.value(name, at) > above
            pending_since = (pending_since or at) if bad else None
            if pending_since and at - pending_since >= lasting:
                return at
        return None

    def _first_of_ours(
        self, name: str, begin: datetime, end: datetime, step: timedelta
    ) -> datetime | None:
        rule = self._ours[name]
        timing = Timing(rule.lasting, rule.recovery)
        known: dict[str, Incident | None] = {}
        for at in moments(begin, end, step):
            with self.connection, self.connection.cursor() as cursor:
                cursor.execute("SET LOCAL ROLE marquee_writer")
                found = rule.check(cursor, THRESHOLDS, at)
            for finding in found:
                known[finding.subject] = advance(known.get(finding.subject), finding, at, timing)
            if any(incident and incident.state == "firing" for incident in known.values()):
                return at
        return None

    def fired(
        self, names: Collection[str], begin: datetime, end: datetime, step: timedelta
    ) -> set[str]:
        return {name for name in names if self.first_firing(name, begin, end, step)}


def connect(dsn: str) -> closing[Connection]:
    return closing(psycopg2.connect(dsn))
