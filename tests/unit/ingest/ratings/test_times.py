import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.errors import DataError
from marquee.ingest.ratings.times import Times

AT = 964_982_703_123_456
"""In microseconds: 2000-07-30, 18:45:03.123456."""


def read(*values, kind=None):
    times = Times()
    at, good = times.add(pa.array(values, kind))
    return at.tolist(), good.tolist(), times.spelling


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (964_982_703, "s", 964_982_703_000_000),
        (964_982_703_123, "ms", 964_982_703_123_000),
        (964_982_703_123_456, "µs", AT),
        (964_982_703_123_456_789, "ns", AT),
        (0, "s", 0),
    ],
)
@pytest.mark.parametrize("spell", [int, str])
def test_the_unit_of_numbers_is_told_by_their_magnitude(value, unit, expected, spell):
    assert read(spell(value)) == ([expected], [True], unit)


def test_the_unit_holds_for_the_whole_column():
    times = Times()
    times.add(pa.array([964_982_703_123] * 3 + [5]))
    at, good = times.add(pa.array([1]))
    assert at.tolist() == [1000]
    assert good.all()


@pytest.mark.parametrize(
    "text",
    [
        "2000-07-30T18:45:03.123456Z",
        "2000-07-30 18:45:03.123456",
        "2000-07-30T18:45:03.123456",
        "2000-07-30T20:45:03.123456+02:00",
        "2000-07-30 20:45:03.123456+0200",
        "2000-07-30 18:45:03.123456 UTC",
        "2000-07-30T18:45:03.123456789",
        "20000730T184503.123456",
    ],
)
def test_iso_8601_in_its_usual_spellings(text):
    assert read(text) == ([AT], [True], "ISO 8601")
    assert read(text, "2000-07-30")[0] == [AT, 964_915_200_000_000]


@pytest.mark.parametrize("text", ["30/07/2000", "yesterday", "", None, "2000-13-01"])
def test_a_text_that_is_no_time_is_bad_alone(text):
    at, good, _ = read("2000-07-30", text)
    assert good == [True, False]
    assert at[0] == 964_915_200_000_000


@pytest.mark.parametrize("text", ["x", "", None, "-1", "nan", "9" * 30])
def test_a_number_that_is_no_time_is_bad_alone(text):
    at, good, unit = read("964982703", text, "964982704.5")
    assert good == [True, False, True]
    assert (at[2], unit) == (964_982_704_500_000, "s")


def test_a_number_beyond_the_year_9999_is_bad():
    assert read(964_982_703, 964_982_703, 253_402_300_800)[1] == [True, True, False]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_typed_times_are_what_they_are(unit, zone):
    at, good, spelling = read(
        dt.datetime(2000, 7, 30, 18, 45, 3, tzinfo=dt.UTC), kind=pa.timestamp(unit, zone)
    )
    assert (at, good, spelling) == ([964_982_703_000_000], [True], "timestamps")


def test_dates_are_their_midnight():
    assert read(dt.date(1970, 1, 2))[0] == [86_400_000_000]


def test_a_column_of_truths_is_none_of_times():
    with pytest.raises(DataError, match="a column of bool cannot be a time"):
        read(True)


@given(st.lists(st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)), min_size=1))
def test_every_time_comes_back(moments):
    epoch = dt.datetime(1970, 1, 1)
    expected = [(at - epoch) // dt.timedelta(microseconds=1) for at in moments]
    at, good, _ = read(*(moment.isoformat() for moment in moments))
    assert good == [True] * len(moments)
    np.testing.assert_array_equal(at, expected)


def test_numbers_of_16_bits_are_seconds():
    assert read(np.float16(7), np.float16(2), kind=pa.float16())[0] == [7_000_000, 2_000_000]


def test_bytes_that_are_no_text_are_no_times():
    with pytest.raises(DataError, match="a column of binary that is no text cannot be a time"):
        read(b"\xff")
