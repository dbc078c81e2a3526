"""An incident begins when it has lasted, ends when it stays good, and does not flap."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.alerts.findings import Finding, Outcome
from marquee.alerts.incidents import Incident, Timing, advance

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMING = Timing(lasting=10 * MINUTE, recovery=10 * MINUTE, cooldown=30 * MINUTE)
BAD, UNCLEAR, GOOD = Outcome.BAD, Outcome.UNCLEAR, Outcome.GOOD


def live(outcomes: list[Outcome], step: timedelta = 5 * MINUTE) -> list[str]:
    """The states after each of some outcomes, a step apart."""
    incident, states = None, []
    for number, outcome in enumerate(outcomes):
        finding = Finding("", outcome, f"finding {number}")
        incident = advance(incident, finding, START + number * step, TIMING)
        states.append(incident.state if incident else "none")
    return states


@pytest.mark.parametrize(
    ("outcomes", "states"),
    [
        ([GOOD, UNCLEAR], ["none", "none"]),
        ([BAD, BAD, BAD], ["pending", "pending", "firing"]),
        ([BAD, GOOD, BAD], ["pending", "resolved", "pending"]),
        ([BAD, UNCLEAR, BAD], ["pending", "pending", "firing"]),
        ([BAD, BAD, BAD, GOOD, GOOD, GOOD], ["pending", "pending", *["firing"] * 3, "resolved"]),
        ([BAD, BAD, BAD, GOOD, UNCLEAR, GOOD], ["pending", "pending", *["firing"] * 4]),
        ([BAD, BAD, BAD, GOOD, BAD, GOOD, GOOD], ["pending", "pending", *["firing"] * 5]),
    ],
)
def test_an_incident_goes_through_its_states(outcomes: list[Outcome], states: list[str]) -> None:
    assert live(outcomes) == states


@given(st.lists(st.sampled_from(Outcome)))
def test_nothing_fires_that_was_not_bad_at_both_ends_of_its_wait(outcomes: list[Outcome]) -> None:
    states = live(outcomes)
    for number, state in enumerate(states):
        if state == "firing" and states[number - 1] != "firing":
            assert outcomes[number] is BAD
            assert states[number - 2 : number] == ["pending", "pending"]


@given(st.lists(st.sampled_from([UNCLEAR, BAD])))
def test_nothing_is_resolved_before_it_looks_good(outcomes: list[Outcome]) -> None:
    assert "resolved" not in live(outcomes)


@pytest.mark.parametrize(("minutes", "suppressed"), [(29, 1), (30, 0)])
def test_one_that_fires_again_within_the_cooldown_is_counted(minutes: int, suppressed: int) -> None:
    before = Incident(
        "resolved", START, "", announced="resolved", last_sent_at=START - minutes * MINUTE
    )
    after = advance(before, Finding("", BAD, "again"), START, Timing(cooldown=TIMING.cooldown))
    assert after is not None
    assert (after.state, after.suppressed) == ("firing", suppressed)


def test_an_incident_keeps_what_was_told_of_it() -> None:
    before = Incident("firing", START, "", announced="firing", last_sent_at=START)
    after = advance(before, Finding("", GOOD, "well"), START + MINUTE, Timing())
    assert after == Incident(
        "resolved", START + MINUTE, "well", announced="firing", last_sent_at=START
    )
