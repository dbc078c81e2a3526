from hypothesis import given
from hypothesis import strategies as st

from marquee.broker.lines import as_lines

VALUES = st.lists(st.none() | st.binary(max_size=5) | st.sampled_from([b"\n", b"a\n", b"a\nb"]))


@given(VALUES)
def test_each_record_is_a_line(values):
    assert as_lines(values).count(b"\n") == len(values)


@given(st.lists(st.binary(max_size=5).filter(lambda value: b"\n" not in value)))
def test_lines_are_the_values_as_they_are(values):
    assert as_lines(values).split(b"\n")[:-1] == values


def test_a_newline_inside_a_value_never_makes_two_events():
    assert as_lines([b"a\nb", None, b"c\n"]) == b"a\\nb\n\nc\\n\n"
