"""Ids of any shape, and data without times, through all five stages."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.artifacts import write_json
from marquee.errors import ParameterError
from marquee.evaluation.audience import open_audience
from marquee.evaluation.audit import audit
from marquee.evaluation.audit_report import report_audit
from marquee.evaluation.example_lists import choose_lists
from marquee.evaluation.model_card import write_card
from marquee.evaluation.offline import evaluate_offline
from marquee.evaluation.outputs import write_per_user
from marquee.evaluation.report import report_evaluation
from marquee.evaluation.trial import open_trial
from marquee.events import RatingScale
from marquee.experiments.gate import judge_change
from marquee.ingest.snapshot import Snapshot
from marquee.ingest.sources import snapshot_metrics
from marquee.models.bundle import Bundle, load_catalogue
from marquee.models.catalogue import read_metadata
from marquee.models.folder import read_config
from marquee.models.registry import fit_model, load_model
from marquee.params import Params, parse_params, read_yaml
from marquee.tables.clean import clean
from marquee.tables.interactions import read_interactions
from marquee.telemetry.references import read_reference

USERS, MOVIES = 60, 30


def names(count: int, what: str) -> list[str]:
    """Ids with all that a text may have: quotes, commas, newlines, other scripts."""
    marks = ['"', ",", "\n", "+2009", "映画", "🎬", "x" * 200, " "]
    return sorted(f"{what} {n}{marks[n % len(marks)]}" for n in range(count))


@dataclass(frozen=True)
class Run:
    folder: Path
    params: Params
    card: str
    clean: dict[str, Any]
    users: list[Any]
    movies: list[str]


def write_snapshot(folder: Path, *, named_users: bool, timed: bool) -> dict[str, Any]:
    """Write ratings of two tastes: even users like even movies, odd users odd ones."""
    at = "2025-01-{:02}T{:02}:{:02}" if timed else "1970-01-01T00:00"
    lines = [
        f"{at.format(1 + day, user % 24, movie)},{user},GET /rate/{movie}+={stars}"
        for user in range(USERS)
        for movie in range(MOVIES)
        if (user * 7 + movie * 3) % 4
        for day in [(user * user + 3 * movie * movie + user * movie) % 28]
        for stars in [5 if (user - movie) % 2 == 0 else 1 + (user + movie) % 3]
    ]
    snapshot = Snapshot(folder)
    snapshot.write_events(["\n".join(lines).encode() + b"\n"], RatingScale(), timed=timed)
    snapshot.write_users(
        json.dumps({"user_id": user, "gender": "FM"[user % 2]}).encode() + b"\n"
        for user in range(USERS)
    )
    snapshot.write_movies(
        json.dumps(
            {"id": f"{n}+", "title": "T", "genres": ["Drama" if n % 2 else "Comedy"]}
        ).encode()
        + b"\n"
        for n in range(MOVIES)
    )
    if named_users:
        snapshot.write_ids("users", names(USERS, "Zoë"))
    snapshot.write_ids("movies", names(MOVIES, "Film"))
    return snapshot_metrics(snapshot.finish("ratings", {}))


def run(root: Path, folder: Path, method: str, *, named_users: bool, timed: bool) -> Run:
    raw = read_yaml(root / "params.yaml")
    raw["clean"]["split"] |= {"method": method}
    raw["train"]["user_knn"] |= {"neighbours": 10}
    raw["fairness"] |= {"min_group": 5, "suppress_below": 2}
    params = parse_params(raw, where="here")
    ingest = write_snapshot(folder / "raw", named_users=named_users, timed=timed)
    tables, model = folder / "tables", folder / "model"
    cleaned = clean(params.clean, raw=folder / "raw", tables=tables, plots=folder / "plots")
    splits = [tables / f"{split}.parquet" for split in params.train.fit_on.split("+")]
    fitted_on = read_interactions(splits)
    movies = read_metadata(tables / "movies.parquet")
    Bundle.of(fit_model(fitted_on, params.train), fitted_on, movies).save(model)
    trial = open_trial(tables, model, params.evaluate, baseline=params.train)
    evaluation = evaluate_offline(trial, params.evaluate)
    write_per_user(evaluation, params.evaluate, folder / "evaluation")
    evaluated = report_evaluation(evaluation, params.evaluate)
    audience = open_audience(tables, folder / "evaluation", evaluated["protocol"])
    fairness = report_audit(audit(tables, audience, params.fairness), params.fairness)
    reports = {"ingest": ingest, "clean": cleaned, "evaluate": evaluated, "fairness": fairness}
    for name, report in reports.items():
        write_json(folder / f"{name}.json", report)
    read = {name: json.loads((folder / f"{name}.json").read_bytes()) for name in reports}
    users = names(USERS, "Zoë") if named_users else list(range(USERS))
    examples = choose_lists(audience, load_catalogue(model, audience.fitted.movie_ids))
    card = write_card(read, read_config(model), examples)
    return Run(folder, params, card, read["clean"], users, names(MOVIES, "Film"))


CASES = [(True, False, "leave_out"), (False, False, "random"), (True, True, "temporal")]


@pytest.fixture(scope="module", params=CASES, ids=["texts-untimed", "numbers-untimed", "texts"])
def done(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The stages on users who are texts or numbers, with and without times."""
    named_users, timed, method = request.param
    return run(root, tmp_path_factory.mktemp("any"), method, named_users=named_users, timed=timed)


def test_the_model_answers_in_the_ids_as_given(done: Run) -> None:
    model = load_model(done.folder / "model")
    assert set(model.movie_ids.tolist()) == set(done.movies)
    assert set(model.user_ids.tolist()) <= set(done.users)
    user = model.user_ids[0].item()
    found = model.recommend(user, 5, [done.movies[0]])
    assert len(found) == 5
    assert set(found) <= set(done.movies[1:])


def test_what_evaluate_keeps_has_the_ids_as_given(done: Run) -> None:
    per_user = pq.read_table(done.folder / "evaluation/per_user.parquet")
    lists = pq.read_table(done.folder / "evaluation/recommendations.parquet")
    tested = set(pq.read_table(done.folder / "tables/test.parquet")["user_id"].to_pylist())
    assert set(per_user["user_id"].to_pylist()) == tested <= set(done.users)
    assert set(lists["user_id"].to_pylist()) == tested
    assert set(lists["movie_id"].to_pylist()) <= set(done.movies)


def test_lists_are_those_of_the_model(done: Run) -> None:
    model = load_model(done.folder / "model")
    seen = read_interactions(
        done.folder / f"tables/{name}.parquet" for name in ("train", "validation")
    )
    lists = pq.read_table(done.folder / "evaluation/recommendations.parquet").to_pandas()
    for user_id, rows in list(lists.groupby("user_id", observed=True))[:5]:
        met = seen.movie_ids[seen.movie_idx[seen.user_ids[seen.user_idx] == user_id]]
        assert rows["movie_id"].tolist() == model.recommend(user_id, len(rows), met.tolist())


def test_tastes_are_learnt(done: Run) -> None:
    evaluate = json.loads((done.folder / "evaluate.json").read_bytes())
    assert evaluate["model"]["ndcg_at_10"] > evaluate["popularity"]["ndcg_at_10"] + 0.1


def test_metadata_is_found_by_the_ids_as_given(done: Run) -> None:
    assert done.clean["users"]["without_metadata"] == 0
    assert done.clean["movies"]["without_metadata"] == 0
    fairness = json.loads((done.folder / "fairness.json").read_bytes())
    (gender,) = (found for found in fairness["attributes"] if found["attribute"] == "gender")
    assert {group["group"] for group in gender["groups"]} == {"F", "M"}


def test_nothing_is_said_of_times_where_there_are_none(done: Run) -> None:
    timed = "timed" not in done.clean["split"]
    assert ("hour" in done.clean["drift"]) is timed
    for name in ("card", "report"):
        text = done.card if name == "card" else json.dumps(done.clean)
        assert ("1970" in text) is False
        assert ("2025" in text) is timed
    assert ("lines without times;" in done.card) is not timed
    with (done.folder / "plots/events_per_day.csv").open() as file:
        assert (len(list(csv.reader(file))) > 1) is timed
    with (done.folder / "plots/drift.csv").open() as file:
        assert ("hour" in {row[0] for row in csv.reader(file)}) is timed
    split = json.loads((done.folder / "tables/split.json").read_bytes())
    assert split.get("timed", True) is timed


def test_a_run_passes_the_gate_against_itself(done: Run) -> None:
    evaluation = done.folder / "evaluation"
    judgement = judge_change(
        evaluation,
        evaluation,
        metric="ndcg_at_10",
        margin=0.01,
        min_users=10,
        bootstrap=done.params.evaluate.bootstrap,
    )
    assert (judgement.difference, judgement.verdict) == (0, "pass")


def test_a_service_counts_the_movies_by_the_ids_as_given(done: Run) -> None:
    reference = read_reference(done.folder / "tables")
    assert set(reference.users) == set(done.movies)
    assert {genre for genres in reference.genres.values() for genre in genres} == {
        "Comedy",
        "Drama",
    }


def test_users_are_texts_only_where_the_source_has_texts(done: Run) -> None:
    column = pq.read_table(done.folder / "tables/train.parquet")["user_id"]
    texts = isinstance(done.users[0], str)
    assert pa.types.is_dictionary(column.type) is texts
    kind = read_interactions([done.folder / "tables/train.parquet"]).user_ids.dtype.kind
    assert kind == ("U" if texts else "i")


@pytest.mark.parametrize("method", ["temporal", "per_user"])
def test_data_without_times_refuse_a_split_by_time(root: Path, tmp_path: Path, method: str) -> None:
    with pytest.raises(ParameterError, match=rf"method = {method}.*expected random or leave_out"):
        run(root, tmp_path, method, named_users=True, timed=False)
