"""Delimited text that is read row by row."""

from collections.abc import Sequence
from pathlib import Path

from marquee.ingest.inputs import InputFile
from marquee.ingest.ratings.shape import Shape
from marquee.ingest.ratings.text import TextTable


class Lines(Sequence):
    """The same line many times; ``asked`` are the positions of those that were looked at."""

    def __init__(self, line: bytes, count: int) -> None:
        self.line, self.count = line, count
        self.asked = []

    def __len__(self):
        return self.count

    def __getitem__(self, position):
        if position >= self.count:
            raise IndexError(position)
        self.asked.append(position)
        return self.line


def test_a_row_far_into_a_block_is_read_without_the_rows_before_it(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.touch()
    table = TextTable(InputFile(path), Shape(",", ("user", "movie"), True))
    lines = Lines(b"1,2", 100_000)
    assert table._record(lines, 99_999, {"user": 0, "movie": 1}) == (["1", "2"], 1)
    assert {*lines.asked} == {99_999}
