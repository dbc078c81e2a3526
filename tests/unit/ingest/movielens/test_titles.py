import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.events import parse_line
from marquee.ingest.movielens.titles import movie_ids, split_title


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        ("Toy Story (1995)", "Toy Story", 1995),
        ("Matrix, The (1999)", "The Matrix", 1999),
        ("City of Lost Children, The (Cité des enfants perdus, La) (1995)",
         "The City of Lost Children", 1995),
        ("Avventura, L' (a.k.a. Adventure, The) (1960)", "L'Avventura", 1960),
        ("Seven (a.k.a. Se7en) (1995) ", "Seven", 1995),
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", 1975),
        ("Big Bang Theory, The (2007-)", "The Big Bang Theory", 2007),
        ("Babylon 5", "Babylon 5", None),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968),
        ("(1999)", "", 1999),
        ("Good, the Bad and the Ugly, The (1966)", "The Good, the Bad and the Ugly", 1966),
    ],
)  # fmt: skip
def test_a_title_is_divided_from_its_year_and_put_in_the_order_it_is_said(text, title, year):
    assert split_title(text) == (title, year)


@pytest.mark.parametrize(
    ("title", "year", "expected"),
    [
        ("The Shawshank Redemption", 1994, "the+shawshank+redemption+1994"),
        ("Monsters, Inc.", 2001, "monsters_+inc.+2001"),
        ("Schindler's List", 1993, "schindlers+list+1993"),
        ("Star Wars: Episode IV - A New Hope", 1977, "star+wars+episode+iv+-+a+new+hope+1977"),
        ("Pride & Prejudice", 2005, "pride++prejudice+2005"),
        ("La moitié gauche du frigo", 2000, "la+moiti+gauche+du+frigo+2000"),
        ("M*A*S*H", 1970, "m*a*s*h+1970"),
        ("七人の侍", 1954, "+1954"),
        ("Babylon 5", None, "babylon+5+"),
    ],
)
def test_the_movie_id_is_that_of_the_event_log(title, year, expected):
    assert movie_ids([(1, title, year)]) == {1: expected}


def test_of_equal_ids_the_lowest_number_keeps_it_and_others_get_theirs():
    titles = [(26958, "Emma", 1996), (838, "Emma", 1996), (3, "Emma 26958", 1996)]
    assert movie_ids(titles) == {
        3: "emma+26958+1996",
        838: "emma+1996",
        26958: "emma+26958+26958+1996",
    }


TITLES = st.lists(
    st.tuples(st.integers(0, 99), st.text(max_size=8), st.none() | st.integers(0, 9999)),
    unique_by=lambda title: title[0],
)


@given(TITLES, st.randoms())
def test_movie_ids_are_unique_in_the_grammar_and_independent_of_order(titles, random):
    ids = movie_ids(titles)
    assert len(set(ids.values())) == len(titles)
    for movie_id in ids.values():
        assert parse_line(f"2025-01-01T00:00,1,GET /rate/{movie_id}=3".encode()).movie_id
    random.shuffle(titles)
    assert movie_ids(titles) == ids


@given(st.text(), st.integers(1000, 9999))
def test_any_title_keeps_its_year(text, year):
    assert split_title(f"{text} ({year})")[1] == year
    assert not re.search(r"\(\d{4}\)$", split_title(f"Name ({year})")[0])
