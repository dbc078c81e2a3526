import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ingest.movielens.catalogue import Catalogue
from marquee.ingest.movielens.layouts import Layout, recognise
from marquee.ingest.movielens.ratings import event_blocks, read_ratings

CATALOGUE = Catalogue(np.array([1, 5, 9]), ["a+1999", "b+1999", "c+1999"], [])


def layout(*files) -> Layout:
    return recognise(set(files))


DAT = layout("ratings.dat")
TSV = layout("u.data")


def expected(lines, separator, scale):
    """What the ratings are, line by line, the slow way."""
    good, bad = [], []
    for line in lines:
        fields = line.removesuffix(b"\r").split(separator)
        try:
            user, movie, rating, at = fields
            assert all(re.fullmatch(rb"\d{1,18}", field) for field in (user, movie, at))
            assert re.fullmatch(rb"\d{1,2}(\.\d{1,2})?", rating)
            assert int(movie) in CATALOGUE.numbers
            assert float(rating) in scale
            assert int(at) < 253_402_300_800
            place = list(CATALOGUE.numbers).index(int(movie))
            step = round((float(rating) - scale.min) / scale.step)
            good.append((int(at), int(user), place, step))
        except (AssertionError, ValueError):
            bad.append(line.removesuffix(b"\r").decode())
    return sorted(good, key=lambda row: row[0]), bad


FIELD = st.sampled_from(["1", "5", "9", "2", "3.5", "5.0", "0", "12345", "-1", "", "x", "nan", "é"])
AT = st.sampled_from(["0", "7", "7", "9", "253402300799", "253402300800", "x"])


@pytest.mark.parametrize(("given_layout", "separator"), [(DAT, "::"), (TSV, "\t")])
@given(
    lines=st.lists(
        st.tuples(FIELD, FIELD, FIELD, AT) | st.lists(FIELD, max_size=6).map(tuple),
        min_size=1,
        max_size=30,
    ),
    cut=st.integers(1, 30),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_line_is_a_rating_in_time_or_kept_as_it_is(given_layout, separator, lines, cut, end):
    texts = [separator.join(fields).encode() + end[:-1].encode() for fields in lines]
    sure = separator.join(("1", "1", "3", "7")).encode()
    texts.append(sure)
    blocks = [b"".join(t + b"\n" for t in part) for part in (texts[:cut], texts[cut:]) if part]
    ratings = read_ratings(blocks, given_layout, CATALOGUE)
    rows = list(
        zip(
            *(
                column.tolist()
                for column in (ratings.at, ratings.user_id, ratings.movie_idx, ratings.rating_idx)
            ),
            strict=True,
        )
    )
    good, bad = expected(texts, separator.encode(), given_layout.scale)
    assert rows == good
    assert [row.row for row in ratings.rejected] == bad
    for row in ratings.rejected:
        assert texts[row.line_number - 1].removesuffix(b"\r").decode() == row.row


def test_ratings_are_written_with_their_own_spelling_of_time_and_value():
    ratings = read_ratings([b"7::5::4.5::0\n8::9::5::951782400\n"], DAT, CATALOGUE)
    assert b"".join(event_blocks(ratings, DAT.scale, CATALOGUE)) == (
        b"1970-01-01T00:00:00,7,GET /rate/b+1999=4.5\n2000-02-29T00:00:00,8,GET /rate/c+1999=5\n"
    )


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize(
    ("line", "reason", "found"),
    [
        ("7\t5\t6\t1", "rating", "6"),
        ("7\t5\t3.5\t1", "rating", "3.5"),
        ("7\t2\t3\t1", "movie_id", None),
        ("7\t5\t3\t253402300800", "timestamp", None),
        ("7\t5\t-1\t1", "rating", "-1"),
        ("7\t5\tgood\t1", "rating", "good"),
        ("Zoe\t5\t3\t1", "user_id", None),
        ("-7\t5\t3\t1", "user_id", None),
        ("7\tx\t3\t1", "movie_id", None),
        ("7\t5\t3\t", "timestamp", None),
        ("7\t5\t3\t-1", "timestamp", None),
        ("7\t5\t3", "fields", None),
        ("7,5,3,1", "fields", None),
        ("", "empty", None),
        ("7\t5\t6\t-1", "timestamp", None),
    ],
)
def test_a_line_that_is_no_rating_has_its_true_reason(line, reason, found, quick):
    """Also beside lines that are no fields at all, where the reader goes line by line."""
    block = f"1\t1\t3\t7\n{line}\r\n" + ("" if quick else "hello\n")
    ratings = read_ratings([b"1\t1\t3\t7\n", block.encode()], TSV, CATALOGUE)
    row = ratings.rejected[0]
    assert (row.file, row.line_number, row.reason, row.row) == ("u.data", 3, reason, line)
    assert row.found == found


def test_bytes_that_are_no_text_are_shown_as_escapes():
    ratings = read_ratings([b"1\t1\t3\t7\n\xff\t1\t3\t7\n"], TSV, CATALOGUE)
    (row,) = ratings.rejected
    assert (row.reason, row.row) == ("not_utf8", "\\xff\t1\t3\t7")


def test_lines_are_numbered_with_the_header():
    lines = b"userId,movieId,rating,timestamp\n1,1,3,7\n1,1,9,7\n"
    (row,) = read_ratings([lines], layout("ratings.csv"), CATALOGUE).rejected
    assert (row.line_number, row.reason, row.found) == (3, "rating", "9")
