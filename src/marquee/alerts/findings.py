"""What a check says of one subject."""

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """Bad enough to begin an incident, good enough to end one, or neither."""

    BAD = "bad"
    UNCLEAR = "unclear"
    """In between, or not enough data: whatever was the case before goes on."""
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome for a subject (a variant, a model; empty for the whole), and why, in figures."""

    subject: str
    outcome: Outcome
    summary: str
