"""A message names what is wrong, fits into Slack, and obeys nobody else's markup."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from marquee.alerts.messages import incident_message
from marquee.alerts.rules import RULES
from marquee.alerts.slack import Message
from marquee.alerts.store import Claim, Kind

RULE = RULES[0]
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
CLAIM = Claim(
    fingerprint="hit-rate-drop als",
    kind="begin",
    rule=RULE.name,
    subject="als",
    severity="critical",
    since=START,
    summary="fell by half",
    suppressed=0,
    claimed_until=START + timedelta(minutes=15),
    thread=None,
)


def told(claim: Claim) -> Message:
    return incident_message(claim, RULE, "https://books.example/")


def parts(message: Message) -> tuple[str, str]:
    section, context = message.blocks
    return section["text"]["text"], context["elements"][0]["text"]


@pytest.mark.parametrize(
    ("kind", "heading", "state"),
    [
        ("begin", ":red_circle: Hit-rate has dropped: als: firing", "firing"),
        ("follow", ":red_circle: Hit-rate has dropped: als: still firing", "still firing"),
        ("end", ":large_green_circle: Hit-rate has dropped: als: resolved", "resolved"),
    ],
)
def test_a_message_says_the_same_in_its_text_and_its_blocks(
    kind: Kind, heading: str, state: str
) -> None:
    message = told(replace(CLAIM, kind=kind))
    assert message.text == f"{heading}\nfell by half"
    assert parts(message) == (
        f"*{heading}*\nfell by half",
        f"critical, {state} since 2026-01-01 12:00 UTC · https://books.example/hit-rate-drop.md",
    )


def test_markup_of_others_is_text() -> None:
    evil = "<!channel> <http://x|y> & @here"
    message = told(replace(CLAIM, subject=evil, summary=evil))
    section, context = message.blocks
    for text in (message.text, section["text"]["text"], context["elements"][0]["text"]):
        assert "<" not in text
        assert "& " not in text
    assert "&lt;!channel&gt; &lt;http://x|y&gt; &amp; @here" in message.text
    # Slack looks for names and links in what is not verbatim.
    assert section["text"]["verbatim"] is True


def test_a_message_fits_into_slacks_blocks_however_long_its_words() -> None:
    long = "&" * 5000
    section, context = parts(told(replace(CLAIM, subject=long, summary=long)))
    assert len(section) <= 3000
    assert len(context) <= 3000
