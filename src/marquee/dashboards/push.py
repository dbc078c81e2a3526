"""Dashboards and deploys into a running Grafana: again and again without harm."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import psycopg2.errors

from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.grafana import TAG, to_grafana
from marquee.dashboards.server import FOLDER, Grafana
from marquee.errors import DatabaseError
from marquee.telemetry.database import connected

Done = Literal["created", "updated", "unchanged"]

_GIVEN_BY_GRAFANA = {"id", "version"}
_DEPLOY_TAGS = (TAG, "deploy")


@dataclass(frozen=True, slots=True)
class Deploy:
    """A model that went into service."""

    variant: str
    model_version: str
    deployed_at: datetime

    @property
    def at_ms(self) -> int:
        """When, in milliseconds since 1970."""
        return round(self.deployed_at.timestamp() * 1000)

    @property
    def text(self) -> str:
        """What the annotation says."""
        return f"{self.variant}: {self.model_version}"


def push(grafana: Grafana, *, dry_run: bool = False) -> Iterator[tuple[str, Done]]:
    """Bring each dashboard to what the code describes; yield its uid and what was done.

    One that is as it should be is left alone; with ``dry_run`` all are, and what would be done is
    yielded. A refusal is a :class:`~marquee.dashboards.server.GrafanaError`; what was done before
    it stays.
    """
    if not dry_run:
        grafana.ensure_folder()
    for dashboard in all_dashboards():
        wanted = to_grafana(dashboard)
        done = _compare(wanted, grafana.dashboard(dashboard.uid))
        if done != "unchanged" and not dry_run:
            grafana.save(wanted)
        yield dashboard.uid, done


def _compare(wanted: dict[str, Any], found: tuple[dict[str, Any], str] | None) -> Done:
    if found is None:
        return "created"
    there, folder = found
    kept = {key: value for key, value in there.items() if key not in _GIVEN_BY_GRAFANA}
    return "unchanged" if (kept, folder) == (wanted, FOLDER) else "updated"


def read_deploys(dsn: str, since: datetime) -> tuple[Deploy, ...]:
    """Return the deploys from ``since`` on, the oldest first; the role marquee_reader suffices.

    A database without the views is a :class:`~marquee.errors.DatabaseError`.
    """
    with (
        connected(dsn, application="marquee annotate") as connection,
        connection.cursor() as cursor,
    ):
        try:
            cursor.execute(
                "SELECT variant, model_version, deployed_at FROM report.model_deploy "
                "WHERE deployed_at >= %s ORDER BY deployed_at, variant",
                (since,),
            )
        except psycopg2.errors.UndefinedTable:
            raise DatabaseError(
                "the database has no views to read deploys from; run `marquee telemetry migrate`"
            ) from None
        return tuple(Deploy(*row) for row in cursor.fetchall())


def annotate(
    grafana: Grafana, deploys: Sequence[Deploy], *, dry_run: bool = False
) -> tuple[Deploy, ...]:
    """Mark deploys that Grafana has no mark of, and return them; none are marked on ``dry_run``."""
    if not deploys:
        return ()
    times = [deploy.at_ms for deploy in deploys]
    there = {
        (mark["time"], mark["text"])
        for mark in grafana.annotations(_DEPLOY_TAGS, min(times) - 1, max(times) + 1)
    }
    missing = tuple(deploy for deploy in deploys if (deploy.at_ms, deploy.text) not in there)
    for deploy in missing if not dry_run else ():
        grafana.annotate(deploy.at_ms, (*_DEPLOY_TAGS, deploy.variant), deploy.text)
    return missing


def spell(deploy: Deploy) -> str:
    """Spell a deploy as a line of text."""
    return f"{deploy.deployed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z  {deploy.text}"
