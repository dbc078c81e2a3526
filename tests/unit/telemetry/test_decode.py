from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from marquee.events import MalformedLine, RatingScale, Recommendation, parse_line
from marquee.telemetry.decode import FUTURE, decode
from marquee.telemetry.records import Record
from marquee.telemetry.times import microseconds

from ..lines import lines

NOW = datetime(2022, 1, 1, tzinfo=UTC)
SCALE = RatingScale()


def reason_of(value: bytes | None) -> str | None:
    """Why the line parser, or the writer, refuses a record."""
    if value is not None and b"\n" in value:
        return "torn"
    try:
        event = parse_line(value or b"", SCALE)
    except MalformedLine as error:
        return str(error.fault)
    return "future" if event.at > NOW + FUTURE else None


@given(st.lists(st.none() | lines))
def test_each_record_is_an_event_or_in_quarantine_for_its_reason(
    values: list[bytes | None],
) -> None:
    records = [Record(0, offset, 0, value) for offset, value in enumerate(values)]
    decoded = decode(records, SCALE, NOW)
    assert [decoded.quarantine.get(place) for place in range(len(values))] == [
        reason_of(value) for value in values
    ]
    for place, value in enumerate(values):
        if place not in decoded.quarantine:
            event = parse_line(value or b"", SCALE)
            assert decoded.lines.at[place] == microseconds(event.at)
            assert (place in dict(decoded.answers)) == isinstance(event, Recommendation)
