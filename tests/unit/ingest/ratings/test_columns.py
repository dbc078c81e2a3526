import pytest

from marquee.errors import DataError
from marquee.ingest.ratings.columns import MOVIES, RATINGS, choose

NOTHING = {"user": None, "movie": None, "rating": None, "timestamp": None, "event": None}


def chosen(columns, **given):
    found = choose(columns, RATINGS, NOTHING | given, "r.csv")
    return {role: columns[i] for role, i in found.items()}


@pytest.mark.parametrize(
    "columns",
    [
        ["userId", "movieId", "rating", "timestamp"],
        ["user_id", "item_id", "score", "created_at"],
        ["UID", "Item", "Stars", "TS"],
        ["customer", "product", "value", "date"],
        ["viewer", "Movie ID", "Rating", "Date Time"],
    ],
)
def test_columns_are_recognised_by_their_usual_names(columns):
    assert list(chosen(columns).values()) == columns
    assert list(chosen(columns)) == ["user", "movie", "rating", "timestamp"]


def test_other_columns_mean_nothing():
    assert chosen(["", "user", "comment", "item"]) == {"user": "user", "movie": "item"}


def test_a_missing_column_names_those_found_the_key_and_the_option():
    with pytest.raises(DataError) as caught:
        chosen(["who", "movie"])
    assert str(caught.value) == (
        "r.csv: no column for the user of ratings among the columns 'who', 'movie': set "
        "ingest.ratings.columns.user to the column's name, or its number from 1 "
        "(marquee init --user COLUMN)"
    )


def test_two_columns_for_one_thing_are_no_matter_of_luck():
    with pytest.raises(DataError, match=r"'time' \(column 3\) and 'date' \(column 4\) could bo"):
        chosen(["user", "item", "time", "date"])


def test_of_columns_that_have_one_name_the_number_is_asked():
    columns = ["user", "item", "rating", "rating"]
    with pytest.raises(DataError, match=r"columns 3 and 4 are both called 'rating': set .* number"):
        chosen(columns, rating="rating")
    with pytest.raises(DataError, match=r"'rating' \(column 3\) and 'rating' \(column 4\) could"):
        chosen(columns)
    assert chosen(columns, rating=4) == {"user": "user", "movie": "item", "rating": "rating"}


def test_a_column_that_is_named_is_no_candidate_for_anything_else():
    columns = ["user", "item", "value", "score"]
    assert chosen(columns, rating="score")["rating"] == "score"
    assert chosen(["user", "member", "item"], user="member")["user"] == "member"


def test_columns_may_be_named_by_number():
    assert chosen(["a", "b", "c"], user=2, movie=1) == {"user": "b", "movie": "a"}


@pytest.mark.parametrize("wanted", ["users", 4])
def test_a_named_column_that_is_not_there_lists_those_that_are(wanted):
    with pytest.raises(DataError, match=r"columns\.user names column .*there are the columns 'a'"):
        chosen(["a", "b", "c"], user=wanted, movie=1)


def test_a_table_of_movies_has_its_own_key():
    nothing = dict.fromkeys(MOVIES.names)
    with pytest.raises(DataError, match=r"set ingest\.ratings\.movies\.columns\.movie to the"):
        choose(["name", "genre"], MOVIES, nothing, "m.csv")


@pytest.mark.parametrize("number", [0, 4])
def test_a_number_that_no_column_has_is_an_error(number):
    with pytest.raises(DataError, match=rf"columns\.user names column {number}, and there are the"):
        chosen(["id", "movie", "rating"], user=number)
