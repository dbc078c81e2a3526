"""The life of an incident: pending until it has lasted, firing, resolved once it stays good."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from marquee.alerts.findings import Finding, Outcome

State = Literal["pending", "firing", "resolved"]
NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long it must be bad before it fires, and good before it is resolved."""

    lasting: timedelta = NO_TIME
    recovery: timedelta = NO_TIME
    cooldown: timedelta = NO_TIME
    """One that fires so soon after the last message was sent is counted as suppressed."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of one rule and subject; ``announced`` is the state that was last told."""

    state: State
    since: datetime
    summary: str
    clear_since: datetime | None = None
    announced: Literal["firing", "resolved"] | None = None
    last_sent_at: datetime | None = None
    suppressed: int = 0


def advance(
    incident: Incident | None, finding: Finding, now: datetime, timing: Timing
) -> Incident | None:
    """Return the incident after a finding; None where there is none and nothing is bad.

    What is unclear changes nothing but the summary of one that fires: it neither begins nor ends
    an incident, and a recovery counts anew from the next good finding.
    """
    if incident is None or incident.state == "resolved":
        return _begin(incident, finding, now, timing)
    if incident.state == "pending":
        return _wait(incident, finding, now, timing)
    return _go_on(incident, finding, now, timing)


def _begin(
    before: Incident | None, finding: Finding, now: datetime, timing: Timing
) -> Incident | None:
    if finding.outcome is not Outcome.BAD:
        return before
    fresh = before or Incident("pending", now, finding.summary)
    pending = replace(fresh, state="pending", since=now, summary=finding.summary)
    return _wait(pending, finding, now, timing)


def _wait(incident: Incident, finding: Finding, now: datetime, timing: Timing) -> Incident:
    if finding.outcome is Outcome.GOOD:
        return replace(incident, state="resolved", since=now)
    if finding.outcome is Outcome.UNCLEAR:
        return incident
    if now - incident.since < timing.lasting:
        return replace(incident, summary=finding.summary)
    soon = incident.last_sent_at is not None and now - incident.last_sent_at < timing.cooldown
    return replace(
        incident,
        state="firing",
        since=now,
        summary=finding.summary,
        suppressed=incident.suppressed + soon,
    )


def _go_on(incident: Incident, finding: Finding, now: datetime, timing: Timing) -> Incident:
    told = replace(incident, summary=finding.summary)
    if finding.outcome is not Outcome.GOOD:
        return replace(told, clear_since=None)
    clear_since = incident.clear_since or now
    if now - clear_since < timing.recovery:
        return replace(told, clear_since=clear_since)
    return replace(told, state="resolved", since=now, clear_since=None)
