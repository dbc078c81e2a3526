"""Records as lines of the log."""

from collections.abc import Sequence


def as_lines(values: Sequence[bytes | None]) -> bytes:
    r"""Return a line a record, in order.

    No value is an empty line. A newline inside a value is written ``\n``, as two characters, so
    that one record never reads as two events.
    """
    if not values:
        return b""
    lines = b"\n".join([value or b"" for value in values]) + b"\n"
    if lines.count(b"\n") == len(values):
        return lines
    return b"".join((value or b"").replace(b"\n", rb"\n") + b"\n" for value in values)
