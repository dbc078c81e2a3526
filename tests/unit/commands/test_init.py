import shutil
import zipfile

import pytest
from click.testing import CliRunner

from marquee.cli import cli
from marquee.errors import DataError
from marquee.params import load_params

RATINGS = "userId,movieId,rating,timestamp\n1,10,4.5,964982703\n2,10,3,964982704\n1,11,5,x\n"
CLICKS = "viewer,asin,comment\nann,B00,\nbob,B00,\nann,B01,\n"


@pytest.fixture
def project(tmp_path, root, monkeypatch):
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def init(project):
    def init(*arguments):
        done = CliRunner().invoke(cli, ["init", *map(str, arguments)])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output, load_params(project / "params.yaml")

    return init


def write(project, name, text):
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def flat(output):
    """Undo what the width of the terminal broke."""
    return " ".join(output.split())


def changed(project, root):
    before, after = (spelled(folder / "params.yaml") for folder in (root, project))
    return [line.strip() for line in after if line not in before]


def spelled(params):
    """The lines without comments; a null may be spelled or not."""
    lines = [line.split("#")[0].rstrip() for line in params.read_text().splitlines()]
    return [line.removesuffix(" null") for line in lines]


def test_ratings_need_two_lines_of_params(init, project, root):
    write(project, "data/input/ratings.csv", RATINGS)
    output, _ = init("data/input/ratings.csv")
    assert changed(project, root) == ["source: ratings", "paths: data/input/ratings.csv"]
    assert output == (
        "data/input/ratings.csv: a table of ratings, CSV\n"
        "  rows       2; 1 cannot be read: timestamp 1; the first: ratings.csv line 4:\n"
        "             timestamp in '1,11,5,x'; expected ISO 8601 (2024-04-03,\n"
        "             2024-04-03T12:30:00) or a number since 1970\n"
        "  columns    user=userId, movie=movieId, rating=rating, timestamp=timestamp\n"
        "  users      2\n"
        "  movies     1\n"
        "  ratings    2 from 3 to 4.5 in steps of 1.5\n"
        "  times      2000-07-30 18:45:03 to 2000-07-30 18:45:04 (seconds since 1970)\n"
        "  first row  user 1 rated movie 10 with 4.5 at 2000-07-30 18:45:03\n"
        "  split      temporal; it tests on about 0 users with history, fewer than\n"
        "             evaluate.min_users = 100, so that every verdict will be\n"
        "             inconclusive; clean.split.method per_user tests on more users\n"
        "  but        more rows cannot be read than clean.max_quarantined_share = 0.05:\n"
        "             clean will refuse\n"
        "params.yaml is set; next: dvc repro\n"
    )


def test_a_file_elsewhere_is_copied_and_clicks_without_times_are_left_out(init, project, root):
    write(project, "mine/clicks.csv", CLICKS)
    output, params = init("mine/clicks.csv")
    assert (project / "data/input/clicks.csv").read_text() == CLICKS
    assert output.startswith("mine/clicks.csv: copied to data/input/clicks.csv\n")
    assert params.ingest.ratings.paths == "data/input/clicks.csv"
    assert params.clean.split.method == "leave_out"
    assert "ratings    none, 3 interactions without a rating\n" in output
    assert "times      none\n" in output
    assert "columns    user=viewer, movie=asin; not used: comment\n" in output


def test_a_second_time_changes_nothing(init, project):
    write(project, "mine/clicks.csv", CLICKS)
    first, _ = init("mine/clicks.csv")
    before = (project / "params.yaml").read_bytes()
    again, _ = init("mine/clicks.csv")
    assert (project / "params.yaml").read_bytes() == before
    assert again.splitlines()[:-1] == first.splitlines()[1:-1]
    assert again.endswith("params.yaml says so already; next: dvc repro\n")


def test_what_an_earlier_run_said_does_not_stay(init, project, root):
    write(project, "data/input/clicks.csv", CLICKS)
    write(project, "data/input/ratings.csv", RATINGS)
    init(
        "data/input/clicks.csv",
        "--user",
        "viewer",
        "--movie",
        "2",
        "--users",
        "data/input/clicks.csv",
    )
    init("data/input/ratings.csv")
    assert changed(project, root) == ["source: ratings", "paths: data/input/ratings.csv"]


def test_columns_are_named_by_name_or_number(init, project):
    write(project, "data/input/a.csv", "who,what,how\na,b,4\n")
    _, params = init("data/input/a.csv", "--user", "who", "--movie", "2", "--rating", "how")
    assert params.ingest.ratings.columns.model_dump() == {
        "user": "who",
        "movie": 2,
        "rating": "how",
        "timestamp": None,
        "event": None,
    }


def test_what_cannot_be_understood_changes_nothing(init, project, root):
    write(project, "a.csv", "who,what\na,b\n")
    with pytest.raises(DataError, match=r"columns 'who', 'what': .*marquee init --user COLUMN"):
        init("a.csv")
    assert changed(project, root) == []
    assert not (project / "data").exists()


def test_another_file_of_that_name_is_not_overwritten(init, project, root):
    write(project, "a.csv", CLICKS)
    write(project, "data/input/a.csv", RATINGS)
    with pytest.raises(DataError, match=r"data/input/a\.csv: is there and differs from a\.csv"):
        init("a.csv")
    assert changed(project, root) == []


def test_metadata_comes_along(init, project):
    write(project, "data/input/clicks.csv", CLICKS)
    write(project, "films.csv", "asin,title\nB00,Up\n")
    write(project, "people.csv", "viewer,age\nann,7\n")
    output, params = init("data/input/clicks.csv", "--movies", "films.csv", "--users", "people.csv")
    assert params.ingest.ratings.movies.path == "data/input/films.csv"
    assert params.ingest.ratings.users.path == "data/input/people.csv"
    assert "of movies  1 rows, CSV: movie=asin, title=title\n" in output


def test_a_movielens_folder_is_that_source(init, project):
    write(project, "ml/ratings.csv", RATINGS)
    write(project, "ml/movies.csv", "movieId,title,genres\n10,Up (2009),Drama\n")
    output, params = init("ml")
    assert params.ingest.source == "movielens"
    assert params.ingest.movielens.path == "data/input/ml"
    assert "data/input/ml: the MovieLens data set ml-csv\n" in output


def test_a_folder_of_ratings_alone_is_a_table(init, project):
    write(project, "ml/ratings.csv", RATINGS)
    _, params = init("ml")
    assert params.ingest.ratings.paths == "data/input/ratings.csv"


def test_an_event_log_is_the_source_files(init, project):
    write(project, "my.log", "2025-01-03T00:09:39,7,GET /rate/up+2009=4\n")
    output, params = init("my.log")
    assert params.ingest.source == "files"
    assert params.ingest.files.events == ("data/input/my.log",)
    assert "data/input/my.log: an event log\n" in output
    with pytest.raises(DataError, match="an event log, which has no use for --user"):
        init("my.log", "--user", "who")


def log_of(ratings, watches=0):
    at = "2025-01-03T00:09"
    rated = [f"{at},{user},GET /rate/up+2009={value}\n" for user, value in enumerate(ratings)]
    return "".join([*rated, *[f"{at},7,GET /data/m/up+2009/3.mpg\n"] * watches])


def test_a_log_is_described_by_its_first_block(init, project, root):
    answer = "recommendation request a:1, status 200, result: up+2009, 12 ms"
    joined = "2025-01-03T00:08:30,7,GET /create_account\n2025-01-03T00:08:31,7," + answer
    write(project, "data/input/my.log", f"{joined}\n{log_of([1, 5], 96)}a tail\n")
    output, _ = init("data/input/my.log")
    assert changed(project, root) == ["source: files", "events: [data/input/my.log]"]
    assert output == (
        "data/input/my.log: an event log\n"
        "  lines      101: 96 watches, 2 ratings, 1 recommendations, 1 accounts; 1 cannot\n"
        "             be read (fields 1), the first: 'a tail'\n"
        "  ratings    2 from 1 to 5; ingest.rating_scale is 1 to 5 in steps of 1\n"
        "  first line 2025-01-03 00:08:30\n"
        "params.yaml is set; next: dvc repro\n"
    )


def test_more_than_the_first_block_of_a_log_is_not_read(init, project):
    write(project, "data/input/my.log", log_of([3], 100_000))
    output, _ = init("data/input/my.log")
    assert "lines      the first 93,206: 93,205 watches, 1 ratings\n" in output


@pytest.mark.parametrize(
    ("ratings", "scale"),
    [
        (range(2, 11), "{min: 1, max: 10, step: 1}"),
        ([0.5, 4.5], "{min: 0.5, max: 5, step: 0.5}"),
        ([0, 9.5], "{min: 0, max: 10, step: 0.5}"),
        (range(21), "{min: 0, max: 20, step: 1}"),
        ([1, 5] * 100 + [0], "{min: 1, max: 5, step: 1}"),
        ([1, 10] * 100 + [0], "{min: 0, max: 10, step: 1}"),
    ],
)
def test_ratings_off_the_scale_bring_the_one_that_fits(init, project, root, ratings, scale):
    write(project, "my.log", log_of(ratings))
    output, _ = init("my.log")
    old = "{min: 1, max: 5, step: 1}"
    assert ("ingest.rating_scale is now" in output) == (scale != old)
    assert (f"rating_scale: {scale}" in changed(project, root)) == (scale != old)


def test_the_scale_of_an_earlier_log_does_not_stay(init, project, root):
    write(project, "data/input/ten.log", log_of(range(1, 11)))
    write(project, "data/input/five.log", log_of([*[1, 2, 3, 4, 5] * 40, 9]))
    init("data/input/ten.log")
    output, _ = init("data/input/five.log")
    assert "ingest.rating_scale is now 1 to 5 in steps of 1, it was 1 to 10" in flat(output)
    assert changed(project, root) == ["source: files", "events: [data/input/five.log]"]


@pytest.mark.parametrize("ratings", [[1], [], [2, 1]])
def test_few_low_ratings_leave_the_scale(init, project, root, ratings):
    write(project, "data/input/my.log", log_of(ratings, 3))
    init("data/input/my.log")
    assert changed(project, root) == ["source: files", "events: [data/input/my.log]"]


def test_ratings_that_fit_no_scale_leave_it_and_are_told(init, project, root):
    write(project, "data/input/my.log", log_of([0.03, 17.9, 99]))
    output, _ = init("data/input/my.log")
    assert changed(project, root) == ["source: files", "events: [data/input/my.log]"]
    assert "3 from 0.03 to 99; ingest.rating_scale is 1 to 5 in steps of 1, 3 of them off" in flat(
        output
    )
    assert "but        more lines cannot be read than clean.max_quarantined_share" in output


def test_a_folder_of_logs_is_described_by_its_first(init, project):
    write(project, "logs/b.log", log_of([3, 4]))
    write(project, "logs/a b.log", log_of([1, 10]))
    output, params = init("logs")
    assert params.ingest.files.events == ("data/input/logs",)
    assert params.ingest.rating_scale.max == 10
    assert "data/input/logs: a folder of event logs\n  lines      2: 2 ratings\n" in output


def test_few_users_are_not_sent_to_another_split_that_has_no_more(init, project):
    write(project, "data/input/r.csv", "user,item,rating,ts\n" + "1,2,3,4\n" * 10)
    output, _ = init("data/input/r.csv")
    assert "every verdict will be inconclusive params.yaml" in flat(output)
    assert "per_user" not in output


def test_a_spreadsheet_is_to_be_saved_as_csv(init, project, root):
    with zipfile.ZipFile(project / "a.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    (project / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    for name in ("a.xlsx", "a.xls"):
        with pytest.raises(DataError, match=rf"{name}: a spreadsheet: save its sheet as CSV"):
            init(name)
    assert changed(project, root) == []


def test_a_zip_of_a_table_is_to_be_unpacked(init, project):
    with zipfile.ZipFile(project / "a.zip", "w") as archive:
        archive.writestr("clicks.csv", CLICKS)
    with pytest.raises(DataError, match=r"a\.zip: .*found none; unpack a zip of another data set"):
        init("a.zip")


def test_a_log_may_come_with_users_and_movies(init, project):
    write(project, "my.log", "2025-01-03T00:09:39,7,GET /rate/up+2009=4\n")
    write(project, "who.csv", "user_id,age\n7,31\n")
    _, params = init("my.log", "--users", "who.csv")
    assert params.ingest.files.users == "data/input/who.csv"
    assert params.ingest.files.movies is None


def test_a_quoted_name_survives(init, project):
    write(project, "my 'best': #1.csv", CLICKS)
    _, params = init("my 'best': #1.csv")
    assert params.ingest.ratings.paths == "data/input/my 'best': #1.csv"


def test_a_file_that_is_not_there_is_named(init):
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file"):
        init("nowhere.csv")


def test_a_temporal_split_of_enough_users_needs_no_word(init, project):
    rows = [f"{user},{at},3,{at}" for at in range(10) for user in range(100)]
    write(project, "data/input/r.csv", "\n".join(["user,item,rating,ts", *rows]))
    output, _ = init("data/input/r.csv")
    assert "  split      temporal (clean.split.method)\n" in output
