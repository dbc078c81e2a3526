"""What people read: the text of a notification, and the same as Slack's blocks."""

from datetime import datetime

from marquee.alerts.rules import Rule
from marquee.alerts.slack import Message
from marquee.alerts.store import Claim

_MARKS = {"critical": ":red_circle:", "warning": ":large_orange_circle:"}
_RESOLVED, _SAMPLE = ":large_green_circle:", ":large_blue_circle:"
_LONGEST = 1400
"""Slack refuses a text of more than 3000 characters; two are in one."""


def incident_message(claim: Claim, rule: Rule, runbooks: str) -> Message:
    """Tell of an incident that begins, goes on, or is over."""
    heading = f"{rule.title}: {claim.subject}" if claim.subject else rule.title
    state = {"begin": "firing", "follow": "still firing", "end": "resolved"}[claim.kind]
    mark = _RESOLVED if claim.kind == "end" else _MARKS[claim.severity]
    notes = [f"{claim.severity}, {state} since {_spell(claim.since)}"]
    if claim.suppressed:
        notes.append(f"came back {claim.suppressed} times since the last message")
    notes.append(f"{runbooks.rstrip('/')}/{rule.runbook}")
    return _message(f"{mark} {heading}: {state}", claim.summary, " · ".join(notes))


def sample_message(now: datetime) -> Message:
    """Tell that messages arrive."""
    return _message(
        f"{_SAMPLE} Marquee can reach you here",
        "This is a sample: nothing is wrong. Alerts look like this.",
        f"sent by `marquee alerts test` at {_spell(now)}",
    )


def _message(heading: str, body: str, note: str) -> Message:
    heading, body, note = (_escape(text)[:_LONGEST] for text in (heading, body, note))
    return Message(
        text=f"{heading}\n{body}",
        blocks=[
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"*{heading}*\n{body}", "verbatim": True},
            },
            {"type": "context", "elements": [{"type": "mrkdwn", "text": note}]},
        ],
    )


def _escape(text: str) -> str:
    """Spell what Slack takes for markup: variants' names and jobs' errors are others' words."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _spell(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
