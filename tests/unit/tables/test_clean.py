import csv
import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from marquee.errors import DataError
from marquee.params import CleanParams, load_params
from marquee.tables import clean as clean_module
from marquee.tables import parse, raw
from marquee.tables.clean import clean
from marquee.tables.interactions import read_interactions

from .conftest import SnapshotWriter

TABLES = {
    "accounts",
    "movies",
    "quarantine",
    "ratings",
    "recommendations",
    "test",
    "train",
    "users",
    "validation",
    "viewings",
}


@pytest.fixture
def params(example: Path) -> CleanParams:
    return load_params(example / "params.yaml").clean


def log(users: int = 12, movies: int = 8, days: int = 20) -> bytes:
    """A log in which every user watches and rates a movie a day, with some of every damage."""
    lines = []
    for day in range(1, days + 1):
        for user in range(users):
            movie, hour = f"movie+{(user * 5 + day) % movies}+2000", user % 24
            at = f"2025-01-{day:02}T{hour:02}"
            lines.append(
                f"{at}:00:01.123,{user},recommendation request a:1, status 200, "
                f"result: {movie},up+2009, 3 ms"
            )
            lines += [f"{at}:{m:02},{user},GET /data/m/{movie}/{m}.mpg" for m in range(5)]
            lines.append(f"{at}:30,{user},GET /rate/{movie}={1 + (user + day) % 5}")
            lines.append(lines[-1])
            lines.append(f"{at}:31,{user},GET /rate/{movie}=77" if user == 3 else lines[-2])
    return "\n".join(lines).encode() + b"\n\xff\xfe\n\n"


def run(params: CleanParams, folder: Path, name: str = "out") -> tuple[dict[str, Any], Path]:
    out = folder.parent / name
    report = clean(params, raw=folder, tables=out / "tables", plots=out / "plots")
    return report, out


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def test_every_table_and_plot_is_written(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    report, out = run(params, write_snapshot(log()))
    assert {path.stem for path in (out / "tables").glob("*.parquet")} == TABLES
    split = json.loads((out / "tables" / "split.json").read_bytes())
    for name in ("train", "validation", "test"):
        rows = pq.read_metadata(out / "tables" / f"{name}.parquet").num_rows
        assert rows == split["rows"][name] == report["split"][name]["rows"] > 0
    assert split["label"] == report["split"]["label"]
    for plot in ("quarantine", "events_per_day", "ratings", "popularity", "activity", "drift"):
        header, *rows = csv.reader((out / "plots" / f"{plot}.csv").read_text().splitlines())
        assert header[:2] == ["panel", "series"]
        assert {len(row) for row in rows} == {len(header)}


def test_the_ledger_says_what_became_of_every_line(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    report, _ = run(params, write_snapshot(log()))
    assert report["ledger"] == {
        "lines": 12 * 20 * 9 + 2,
        "watches": 12 * 20 * 5,
        "ratings": 12 * 20,
        "recommendations": 12 * 20,
        "accounts": 0,
        "duplicates": 12 * 20 + 11 * 20,
        "quarantined": 20 + 2,
    }
    reasons = report["quarantine"]["reasons"]
    assert (reasons["rating"], reasons["not_utf8"], reasons["empty"]) == (20, 1, 1)


def test_every_line_has_a_row_or_repeats_one(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    joined = b"2025-01-02T00:00:07,5,GET /create_account\n2025-01-01T00:09,5,GET /create_account\n"
    report, out = run(params, write_snapshot(log(), joined * 2))
    accounts = pq.read_table(out / "tables" / "accounts.parquet")
    assert accounts["user_id"].to_pylist() == [5, 5]
    assert [at.day for at in accounts["at"].to_pylist()] == [1, 2]
    names = ("ratings", "recommendations", "accounts", "quarantine")
    rows = sum(pq.read_metadata(out / "tables" / f"{name}.parquet").num_rows for name in names)
    minutes = sum(pq.read_table(out / "tables" / "viewings.parquet")["minutes"].to_pylist())
    ledger = report["ledger"]
    assert rows + minutes + ledger["duplicates"] == ledger["lines"] == 12 * 20 * 9 + 2 + 4


def test_an_odd_id_in_metadata_costs_its_row_alone(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    movies = b'{"id":"movie+1+2000","title":"A"}\n{"id":"Movie 1 (2000)","title":"A"}\n'
    report, out = run(params, write_snapshot(log(), movies=movies))
    assert pq.read_table(out / "tables" / "movies.parquet").num_rows == 1
    assert report["movies"]["bad_rows"] == 1


def test_quarantined_lines_stand_where_the_table_says(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    data = log()
    cut = data.index(b"\n", len(data) // 2) + 1
    folder = write_snapshot(data[:cut], data[cut:])
    _, out = run(params, folder)
    quarantine = pq.read_table(out / "tables" / "quarantine.parquet").to_pylist()
    assert len({row["part"] for row in quarantine}) == 2
    for row in quarantine:
        content = (folder / row["part"]).read_bytes()[row["offset"] :]
        assert content.startswith(row["line"] + b"\n")


def test_neither_chunks_nor_threads_change_a_byte(
    params: CleanParams, write_snapshot: SnapshotWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_snapshot(log())
    _, whole = run(params, folder, "whole")
    monkeypatch.setattr(raw, "_CHUNK_BYTES", 1000)
    for workers in (1, 5):
        monkeypatch.setattr(parse, "_WORKERS", workers)
        _, pieces = run(params, folder, f"pieces-{workers}")
        assert contents(pieces) == contents(whole)


def test_the_order_of_lines_changes_nothing_but_what_is_kept_in_order(
    params: CleanParams, write_snapshot: SnapshotWriter, tmp_path: Path
) -> None:
    _, forwards = run(params, write_snapshot(log()), "forwards")
    shutil.rmtree(tmp_path / "raw")
    backwards = b"\n".join(reversed(log().split(b"\n")[:-1])) + b"\n"
    _, backwards_out = run(params, write_snapshot(backwards), "backwards")
    ordered = ("quarantine.parquet", "recommendations.parquet")
    first, second = contents(forwards), contents(backwards_out)
    assert {name for name in first if first[name] != second[name]} <= set(ordered)


def test_metadata_is_joined_and_what_is_missing_is_counted(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    users = (
        b'{"user_id":"0","age":"30"}\n{"user_id":1}\n{"user_id":99}\n{"id":"a row of a movie"}\n'
    )
    movies = b'{"id":"movie+1+2000","title":"Movie 1","genres":[{"name":"Drama"}]}\n'
    report, out = run(params, write_snapshot(log(), users=users, movies=movies))
    assert report["users"] == {
        "seen": 12,
        "without_metadata": 10,
        "share_without_metadata": 0.833333,
        "metadata_rows": 3,
        "bad_rows": 1,
        "repeated_rows": 0,
    }
    assert report["movies"]["without_metadata"] == 7
    assert pq.read_table(out / "tables" / "users.parquet")["age"].to_pylist() == [30, None, None]
    assert report["drift"]["genre"] == 0.0


def test_without_metadata_there_are_empty_tables(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    report, out = run(params, write_snapshot(log()))
    assert pq.read_metadata(out / "tables" / "users.parquet").num_rows == 0
    assert report["users"]["without_metadata"] == report["users"]["seen"] == 12


@pytest.mark.parametrize("method", ["temporal", "per_user", "random", "leave_out"])
def test_every_split_can_be_read_as_interactions(
    params: CleanParams, write_snapshot: SnapshotWriter, method: str
) -> None:
    split = params.split.model_copy(update={"method": method, "validation": 0.2})
    params = params.model_copy(update={"split": split})
    report, out = run(params, write_snapshot(log()))
    names = ("train", "validation", "test")
    found = read_interactions(out / "tables" / f"{name}.parquet" for name in names)
    assert len(found) == 12 * 8
    assert found.minutes.sum() == 12 * 20 * 5
    assert report["split"]["method"] == method


def test_half_stars_are_kept(params: CleanParams, write_snapshot: SnapshotWriter) -> None:
    data = log().replace(b"=4\n", b"=4.5\n").replace(b"=77", b"=0.5")
    _, out = run(params, write_snapshot(data, scale=(0.5, 5, 0.5)))
    ratings = pq.read_table(out / "tables" / "ratings.parquet")["rating"].to_pylist()
    assert set(ratings) == {0.5, 1, 2, 3, 4.5, 5}
    about = json.loads((out / "tables" / "ratings.json").read_bytes())
    assert about == {"scale": {"min": 0.5, "max": 5, "step": 0.5}, "rows": len(ratings)}


def test_a_lost_row_stops_the_stage(
    params: CleanParams, write_snapshot: SnapshotWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def thief(*lines: Any, **scale: Any) -> parse.Events:
        events = parse.parse_chunk(*lines, **scale)
        object.__setattr__(events, "ratings", events.ratings.take(slice(1, None)))
        return events

    monkeypatch.setattr(clean_module, "parse_chunk", thief)
    with pytest.raises(DataError, match="the ledger does not balance: 2162 lines in, 2161"):
        run(params, write_snapshot(log()))


def test_a_log_of_another_grammar_stops_before_all_of_it_is_read(
    params: CleanParams, write_snapshot: SnapshotWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "_CHUNK_BYTES", 1000)
    folder = write_snapshot(b"user,movie,stars,when\n" * 1000)
    with pytest.raises(DataError, match=r"of 1000 lines are no events") as caught:
        run(params, folder)
    assert not str(caught.value).startswith("1000 ")


@pytest.mark.parametrize(
    ("users", "movies", "message"), [(1, 8, "number of users"), (12, 1, "number of movies")]
)
def test_one_user_or_one_movie_is_too_few(
    params: CleanParams, write_snapshot: SnapshotWriter, users: int, movies: int, message: str
) -> None:
    params = params.model_copy(update={"max_quarantined_share": 0.5})
    with pytest.raises(DataError, match=f"{message} in train is 1"):
        run(params, write_snapshot(log(users, movies)))


def test_a_log_in_which_nobody_rates_or_watches_is_refused(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    with pytest.raises(DataError, match="no ratings and no viewings"):
        run(params, write_snapshot(b"2025-01-01T00:09,5,GET /create_account\n"))


def pairs_of(out: Path, name: str) -> set[tuple[int, str]]:
    rows = pq.read_table(out / "tables" / f"{name}.parquet", columns=["user_id", "movie_id"])
    return {(row["user_id"], row["movie_id"]) for row in rows.to_pylist()}


def test_filters_learn_from_train_and_leave_validation_and_test_whole(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    returning = "2025-01-{day}T05:00,99,GET /rate/movie+{movie}+2000=4\n"
    days = ((1, 1), (15, 2), (17, 3), (18, 4), (19, 5), (20, 6))
    visits = "".join(returning.format(day=f"{day:02}", movie=movie) for day, movie in days)
    folder = write_snapshot(log(), visits.encode())
    _, everyone = run(params, folder, "everyone")
    strict = params.model_copy(update={"min_interactions_per_user": 2})
    report, active = run(strict, folder, "active")
    assert pairs_of(everyone, "train") - pairs_of(active, "train") == {(99, "movie+1+2000")}
    assert report["filter"]["users"] == {"before": 13, "dropped": 1, "share": 0.076923}
    for name in ("validation", "test"):
        assert 99 in {user for user, _ in pairs_of(active, name)}
        assert pairs_of(active, name) == pairs_of(everyone, name)


def test_filters_that_drop_most_of_train_stop_the_stage(
    params: CleanParams, write_snapshot: SnapshotWriter
) -> None:
    strict = params.model_copy(update={"min_ratings_per_user": 50})
    message = r"drop 96 of 96 pairs .* clean.min_ratings_per_user = 50, or raise clean.max_filt"
    with pytest.raises(DataError, match=message):
        run(strict, write_snapshot(log()))


def test_a_binary_part_is_no_log(params: CleanParams, write_snapshot: SnapshotWriter) -> None:
    with pytest.raises(DataError, match=r"is this a log of another grammar\?.*\n  not_utf8: 1"):
        run(params, write_snapshot(gzip.compress(log(), mtime=0).replace(b"\n", b"")))


def test_a_real_log_is_cleaned(
    params: CleanParams, write_snapshot: SnapshotWriter, shared_data: Path
) -> None:
    folder = shared_data / "cmu-logs"
    users = csv.DictReader(
        gzip.decompress((folder / "users.csv.gz").read_bytes()).decode().splitlines()
    )
    report, _ = run(
        params,
        write_snapshot(
            gzip.decompress((folder / "events-2025.log.gz").read_bytes()),
            gzip.decompress((folder / "recommendations-2023.log.gz").read_bytes()),
            users="\n".join(map(json.dumps, users)).encode(),
            movies=gzip.decompress((folder / "movies.jsonl.gz").read_bytes()),
        ),
    )
    assert report["ledger"]["lines"] == 45_400
    assert report["ledger"]["quarantined"] == 0
    assert report["ledger"]["recommendations"] == 400
    assert report["users"]["metadata_rows"] == 3676
    assert report["movies"]["metadata_rows"] == 2935
    assert 3.4 < report["ratings"]["mean"] < 3.9
    assert 0.7 < report["ratings"]["sd"] < 1.1


def test_the_committed_filters_keep_the_pairs_of_a_real_log(
    params: CleanParams, write_snapshot: SnapshotWriter, shared_data: Path
) -> None:
    data = gzip.decompress((shared_data / "cmu-logs/events-2025.log.gz").read_bytes())
    pattern = rb",(\d+),GET /(?:data/m|rate)/([^/=]+)[/=]"
    given = {(int(user), movie.decode()) for user, movie in re.findall(pattern, data)}
    report, out = run(params, write_snapshot(data))
    kept = set().union(*(pairs_of(out, name) for name in ("train", "validation", "test")))
    assert kept <= given
    assert len(kept) >= 0.9 * len(given)
    assert report["filter"]["pairs"]["share"] <= 0.1
