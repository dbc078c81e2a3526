import json
import shutil
from pathlib import Path

import pytest

from marquee.errors import DataError
from marquee.events import RatingScale, parse_line
from marquee.ingest.movielens import read_movielens
from marquee.ingest.snapshot import Snapshot
from marquee.params import IngestParams, load_params
from marquee.tables.clean import clean

NAMES = ["ml-100k", "ml-1m", "ml-10m", "ml-latest-small", "ml-20m", "ml-25m", "ml-32m"]


@pytest.fixture
def ingest(example, tmp_path):
    given = load_params(example / "params.yaml").ingest.model_dump()

    def ingest(path):
        params = {**given, "source": "movielens"}
        params["movielens"] = {"path": str(path), "name": "ml-100k"}
        snapshot = Snapshot(tmp_path / "raw")
        origin = read_movielens(IngestParams.model_validate(params), Path(path).parent, snapshot)
        manifest = snapshot.finish("movielens", origin)
        files = {
            part["name"]: (tmp_path / "raw" / part["name"]).read_bytes().splitlines()
            for part in manifest["parts"]
        }
        return manifest, files

    return ingest


@pytest.mark.parametrize("name", NAMES)
def test_each_data_set_is_recognised_and_becomes_events_in_the_order_of_time(
    ingest, folder_of, name
):
    manifest, files = ingest(folder_of(name))
    assert manifest["origin"]["dataset"] == name
    scale = RatingScale(**manifest["rating_scale"])
    events = [parse_line(line, scale) for line in files["events-00000.log"]]
    assert [(event.user_id, event.movie_id) for event in events] == [
        (8, "la+cit+1995"),
        (9, "toy+story+1995"),
    ]
    assert events[0].at < events[1].at
    assert events[1].value == (3 if name in ("ml-100k", "ml-1m") else 3.5)


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_gives_the_same_snapshot_as_its_folder(
    ingest, folder_of, zipped, layouts, tmp_path, name
):
    folder_manifest, folder_files = ingest(folder_of(name))
    shutil.rmtree(tmp_path / "raw")
    path = zipped({f"{name}/{file}": content for file, content in layouts[name].items()})
    manifest, files = ingest(path)
    assert files == folder_files
    assert manifest["parts"] == folder_manifest["parts"]
    assert [file["name"] for file in manifest["origin"]["files"]] == ["given.zip"]


def test_the_scale_is_that_of_the_data_set(ingest, folder_of):
    assert ingest(folder_of("ml-100k"))[0]["rating_scale"] == {"min": 1, "max": 5, "step": 1}


def test_later_data_sets_have_half_stars(ingest, folder_of):
    assert ingest(folder_of("ml-32m"))[0]["rating_scale"] == {"min": 0.5, "max": 5, "step": 0.5}


def test_movies_have_the_shape_of_the_metadata_api_and_their_other_ids(ingest, folder_of):
    _, files = ingest(folder_of("ml-25m"))
    assert [json.loads(line) for line in files["movies.jsonl"]] == [
        {
            "id": "toy+story+1995",
            "movielens_id": 1,
            "imdb_id": "tt0114709",
            "tmdb_id": 862,
            "title": "Toy Story",
            "year": 1995,
            "genres": [{"name": "Animation"}, {"name": "Comedy"}],
        },
        {
            "id": "la+cit+1995",
            "movielens_id": 2,
            "imdb_id": "tt0112682",
            "title": "La Cité",
            "year": 1995,
            "genres": [],
        },
    ]


def test_movies_of_the_first_data_set_have_genres_by_flag_and_a_release_date(ingest, folder_of):
    _, files = ingest(folder_of("ml-100k"))
    first, second = (json.loads(line) for line in files["movies.jsonl"])
    assert [genre["name"] for genre in first["genres"]] == ["Animation", "Children's", "Comedy"]
    assert (first["release_date"], second["release_date"]) == ("1995-01-01", "1994-02-04")
    assert second["title"] == "La Cité"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ml-100k", [(9, 24, "M", "technician"), (8, 53, "F", "other")]),
        ("ml-1m", [(9, 1, "F", "K-12 student"), (8, 56, "M", "self-employed")]),
    ],
)
def test_users_have_age_gender_and_the_name_of_their_occupation(ingest, folder_of, name, expected):
    _, files = ingest(folder_of(name))
    users = [json.loads(line) for line in files["users.jsonl"]]
    assert [(u["user_id"], u["age"], u["gender"], u["occupation"]) for u in users] == expected


def test_a_data_set_without_users_has_no_such_part(ingest, folder_of):
    manifest, files = ingest(folder_of("ml-20m"))
    assert manifest["counts"]["users"] is None
    assert "users.jsonl" not in files


def test_a_csv_data_set_needs_neither_links_nor_readme(ingest, folder_of):
    manifest, _ = ingest(folder_of("ml-20m", **{"links.csv": None, "README.txt": None}))
    assert manifest["origin"]["dataset"] == "ml-csv"
    assert [file["name"] for file in manifest["origin"]["files"]] == ["movies.csv", "ratings.csv"]


def test_the_data_set_may_stand_one_folder_down(ingest, folder_of):
    assert ingest(folder_of("ml-1m").parent)[0]["counts"]["lines"] == 2


def test_two_data_sets_in_one_folder_are_refused(ingest, folder_of):
    folder_of("ml-1m")
    with pytest.raises(DataError, match=r"several data sets \(ml-100k, ml-1m\)"):
        ingest(folder_of("ml-100k").parent)


def test_a_folder_of_something_else_is_refused(ingest, tmp_path):
    (tmp_path / "photo.png").touch()
    with pytest.raises(DataError, match=r"expected one of u\.data, ratings\.dat, ratings\.csv"):
        ingest(tmp_path)


def test_a_path_that_is_not_there_is_refused(ingest, tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        ingest(tmp_path / "nowhere")


def test_a_data_set_whose_movies_are_empty_is_refused(ingest, folder_of):
    with pytest.raises(DataError, match=r"movies\.csv is empty"):
        ingest(folder_of("ml-20m", **{"movies.csv": b""}))


def test_ratings_without_movies_are_a_table_of_ratings(ingest, folder_of):
    with pytest.raises(
        DataError, match=r"ratings\.csv without movies\.csv.*`marquee init .*gs\.csv`"
    ):
        ingest(folder_of("ml-20m", **{"movies.csv": None}))


def test_ratings_without_their_header_are_refused(ingest, folder_of):
    with pytest.raises(
        DataError, match=r"expected a first line userId,movieId.*ingest\.source = ratings"
    ):
        ingest(folder_of("ml-20m", **{"ratings.csv": b"9,1,3.5,964982703\n"}))


def test_ratings_that_cannot_be_read_are_rejected_with_their_true_reason(ingest, folder_of):
    bad = {
        "9,1,3.7,964982703": "rating",
        "x,1,3.5,1": "user_id",
        "9,77,3.5,964982703": "movie_id",
        "": "empty",
        "9,1,3.5": "fields",
        "9,1,3.5,-1": "timestamp",
    }
    lines = ["userId,movieId,rating,timestamp", "9,1,3.5,964982703", *bad]
    manifest, files = ingest(folder_of("ml-20m", **{"ratings.csv": "\n".join(lines).encode()}))
    rejected = [json.loads(line) for line in files["rejected-events.jsonl"]]
    assert {row["row"]: row["reason"] for row in rejected} == bad
    assert [row["line_number"] for row in rejected] == [3, 4, 5, 6, 7, 8]
    assert len(files["events-00000.log"]) == 1
    assert manifest["counts"]["lines"] == 7
    assert manifest["counts"]["rejected_events"] == 6
    assert manifest["origin"]["unreadable_ratings"] == 6


def test_ratings_on_another_scale_are_refused_with_their_range(ingest, folder_of, root, tmp_path):
    """A rating of 1 to 10 is no damaged time, nor a log of another grammar."""
    lines = "".join(f"9::1::{1 + n % 10}::{n}\n" for n in range(1000))
    ingest(folder_of("ml-1m", **{"ratings.dat": lines.encode()}))
    params = load_params(root / "params.yaml").clean
    with pytest.raises(DataError) as caught:
        clean(params, raw=tmp_path / "raw", tables=tmp_path / "t", plots=tmp_path / "p")
    message = str(caught.value)
    assert "500 of 1000 lines are no events" in message
    assert "500 of them are ratings off the scale, which is from 1 to 5" in message
    assert "go from 1 to 10; MovieLens has no other scale; ingest.source = ratings" in message
    assert "rating: 500\n    ratings.dat line 6: 9::1::6::5" in message
    assert "timestamp" not in message


def test_ratings_none_of_which_can_be_read_are_refused(ingest, folder_of):
    message = r"no rating can be read: fields 1, rating 1; the first is ratings\.dat line 1: fields"
    with pytest.raises(DataError, match=message):
        ingest(folder_of("ml-1m", **{"ratings.dat": b"nonsense\n9::1::6::5\n"}))


def test_a_table_of_ratings_with_a_header_alone_is_refused(ingest, folder_of):
    header = b"userId,movieId,rating,timestamp\n"
    with pytest.raises(DataError, match="no rating can be read: there is no line but the header"):
        ingest(folder_of("ml-20m", **{"ratings.csv": header}))


@pytest.mark.parametrize("name", ["ml-100k", "ml-20m"])
def test_a_byte_order_mark_costs_no_row(ingest, folder_of, layouts, name):
    marked = {file: b"\xef\xbb\xbf" + content for file, content in layouts[name].items()}
    manifest, _ = ingest(folder_of(name, **marked))
    counts = manifest["counts"]
    assert (counts["lines"], counts["movies"], counts["rejected_metadata"]) == (2, 2, 0)
    assert "rejected_events" not in counts


def test_movies_and_users_that_cannot_be_read_are_kept_with_their_reason(
    ingest, folder_of, layouts
):
    movies = layouts["ml-1m"]["movies.dat"] + b"x::No number (1999)::Drama\n1::Again (1999)::War\n"
    users = layouts["ml-1m"]["users.dat"] + b"7::F::1::99::48067\n6::F::1::1\n"
    manifest, files = ingest(folder_of("ml-1m", **{"movies.dat": movies, "users.dat": users}))
    rejected = [json.loads(line) for line in files["rejected-metadata.jsonl"]]
    assert [(row["file"], row["line_number"], row["reason"]) for row in rejected] == [
        ("movies.dat", 3, "'x' is no number"),
        ("movies.dat", 4, "a number that an earlier movie has"),
        ("users.dat", 3, "no occupation has code 99"),
        ("users.dat", 4, "4 fields, expected 5"),
    ]
    assert manifest["counts"]["movies"] == 2


def test_text_in_another_encoding_is_kept_apart(ingest, folder_of, layouts):
    movies = layouts["ml-10m"]["movies.dat"] + "3::Cité (1999)::Drama\n".encode("latin-1")
    _, files = ingest(folder_of("ml-10m", **{"movies.dat": movies}))
    (rejected,) = map(json.loads, files["rejected-metadata.jsonl"])
    assert (rejected["reason"], rejected["row"]) == ("not UTF-8", r"3::Cit\xe9 (1999)::Drama")


def test_the_real_small_data_set_is_read_in_full(ingest, shared_data, tmp_path):
    (tmp_path / "small").symlink_to(shared_data / "movielens-latest-small")
    manifest, files = ingest(tmp_path / "small")
    assert manifest["counts"]["lines"] == 100_836
    assert manifest["counts"]["movies"] == 9_742
    assert manifest["origin"]["unreadable_ratings"] == 0
    assert manifest["time_span"] == {
        "first": "1996-03-29T18:36:55Z",
        "last": "2018-09-24T14:27:30Z",
    }
    ids = [json.loads(line)["id"] for line in files["movies.jsonl"]]
    assert len(set(ids)) == len(ids)
    scale = RatingScale(0.5, 5, 0.5)
    events = [parse_line(line, scale) for line in files["events-00000.log"]]
    assert {event.movie_id for event in events} <= set(ids)
    ratings = (shared_data / "movielens-latest-small/ratings.csv").read_text().splitlines()[1:]
    given = sorted((int(r[0]), float(r[2]), int(r[3])) for r in (s.split(",") for s in ratings))
    assert sorted((e.user_id, e.value, int(e.at.timestamp())) for e in events) == given
